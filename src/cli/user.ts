import { isoTime } from '../clock.ts';
import type { Service } from '../service.ts';
import type { User } from '../users/users.ts';
import { askNewPassword } from './ask.ts';
import { type Call, columns, Failure } from './call.ts';
import { describeUser, userNamed, withService } from './service.ts';

/** `countersign user …`: the operator's way past the API, when there is no administrator yet or none who can sign in. */

export async function createUser(call: Call): Promise<void> {
  const [name = ''] = call.args;
  const administrator = call.flags['admin'] === true;
  const byLink = call.flags['link'] === true;
  // Asked before the password is, so that nobody types one for nothing; and nothing is open while somebody types.
  const question = await withService(call, 'may be new', async (service) => {
    const { findUserByName } = await import('../users/users.ts');
    if (await findUserByName(service.database.read, name))
      throw new Failure(`There is a user "${name}" already. Choose another name.`);
    return whose(service, name, administrator);
  });
  const password = byLink ? undefined : await askNewPassword(call, question);
  await withService(call, 'must exist', async (service) => {
    const { user, link } = await service.admin.create('operator', { name, administrator, password });
    const invitation = link && { link: { url: link.url, expires_at: isoTime(link.expiresAt) } };
    const made = `Created the ${administrator ? 'administrator' : 'user'} ${user.name}.`;
    const how = link
      ? `\nFor ${user.name}, to choose how to sign in; good once, until ${isoTime(link.expiresAt)}:\n  ${link.url}`
      : '';
    if (link && service.options.publicUrl === '')
      call.say(`The link begins with ${service.publicUrl()}: give --public-url or --port as the server has them.`);
    call.answer(made + how, { ...describeUser(user), ...invitation });
  });
}

export async function listUsers(call: Call): Promise<void> {
  await withService(call, 'must exist', async ({ database }) => {
    const users = (await everyUser(database.read)).map(describeUser);
    if (users.length === 0) call.say('There are no users yet; `countersign user create NAME` makes one.');
    const rows = users.map(({ name, roles, disabled, created_at }) => [
      name,
      roles.join() || 'user',
      disabled ? 'disabled' : 'enabled',
      created_at,
    ]);
    call.answer(users.length === 0 ? '' : columns([['NAME', 'ROLE', 'STATE', 'CREATED'], ...rows]), { users });
  });
}

export async function disableUser(call: Call): Promise<void> {
  await onUser(call, async ({ admin }, { id }) => {
    const user = await admin.change('operator', id, { disabled: true });
    call.answer(`${user.name} is disabled; every session has ended.`, describeUser(user));
  });
}

export async function enableUser(call: Call): Promise<void> {
  await onUser(call, async ({ admin }, { id }) => {
    const user = await admin.change('operator', id, { disabled: false });
    call.answer(`${user.name} is enabled.`, describeUser(user));
  });
}

export async function deleteUser(call: Call): Promise<void> {
  await onUser(call, async ({ admin }, user) => {
    await admin.remove('operator', user.id);
    call.answer(`Deleted ${user.name}.`, { id: user.id, name: user.name, deleted: true });
  });
}

export async function setPassword(call: Call): Promise<void> {
  // Nothing is open while somebody types: what is sealed then is sealed with the key that is active by that time.
  const question = await onUser(call, (service, { name, administrator }) => whose(service, name, administrator));
  const password = await askNewPassword(call, question);
  await onUser(call, async ({ admin }, user) => {
    await admin.setPassword(user, password);
    call.answer(`${user.name} has a new password; every session has ended.`, describeUser(user));
  });
}

export async function resetSecondFactor(call: Call): Promise<void> {
  await onUser(call, async ({ admin }, user) => {
    const { passwordLeft } = await admin.resetSecondFactors('operator', user.id);
    if (!passwordLeft)
      call.say(
        `${user.name} has no password either, and cannot sign in: \`countersign user set-password ${user.name}\` gives one, or an administrator makes a link.`,
      );
    call.answer(`${user.name} has no second factor any more; every session has ended.`, describeUser(user));
  });
}

async function onUser<T>(call: Call, work: (service: Service, user: User) => Promise<T>): Promise<T> {
  return withService(call, 'must exist', async (service) =>
    work(service, await userNamed(service, call.args[0] ?? '')),
  );
}

/** Whose password is asked for, and how long it must be. */
async function whose({ options }: Service, name: string, administrator: boolean): Promise<string> {
  const { minimumPassword, requiresSecondFactor } = await import('../sign-in/sign-in.ts');
  const minimum = minimumPassword(requiresSecondFactor(administrator, options.requireSecondFactor));
  return `${name} (at least ${minimum} characters)`;
}

/** Page by page, as the store gives them. */
async function everyUser(db: Service['database']['read']): Promise<User[]> {
  const { listUsers: pageOfUsers } = await import('../users/users.ts');
  const all: User[] = [];
  let after: string | undefined;
  do {
    const { users, next } = await pageOfUsers(db, { after, limit: 100 });
    all.push(...users);
    after = next;
  } while (after !== undefined);
  return all;
}
