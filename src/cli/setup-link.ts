import { type Call, Failure } from './call.ts';
import { withService } from './service.ts';

/** `countersign setup-link`: a new link by which the first administrator is made; the last one is void. */
export async function setupLink(call: Call): Promise<void> {
  await withService(call, 'may be new', async ({ setup }) => {
    const url = await setup.makeLink();
    if (!url)
      throw new Failure('There is an administrator already. `countersign user create NAME --admin` makes another one.');
    call.answer(`Open this to make yourself the administrator; good for 30 minutes, once:\n  ${url}`, { url });
  });
}
