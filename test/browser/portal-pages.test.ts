/**
 * What holds on every page of somebody who is signed in, in every state that there are pictures of (scripts/make-screenshots.mjs)
 * and in some that look much the same: a page that is added there is looked at here.
 */
import { type Shot, shots } from '../../scripts/make-screenshots.mjs';
import { person } from '../../scripts/scene.mjs';
import { fillIn, lookAt } from './portal-page.ts';

/** While everybody has just signed in, and whatever is to be seen has not happened yet. */
const early: Shot[] = [
  ['recovery-codes-without-factor', 'alice', '/account/recovery-codes'],
  ['account-after-a-change', 'alice', '/account?done=password'],
  ['users-nobody-found', 'root', '/admin/users?q=nobody-of-that-name'],
  ['user-oneself', 'root', ({ open, scene }) => open(`/admin/users/${person(scene.people, 'root').id}`)],
  ['users-name-taken', 'root', fillIn('/admin/users', { name: 'bob' }, /create/i), 409],
  [
    'user-name-taken',
    'root',
    (hand) => fillIn(`/admin/users/${person(hand.scene.people, 'sam').id}`, { name: 'bob' }, /rename/i)(hand),
    409,
  ],
  [
    'user-password-link',
    'root',
    async ({ open, page, press, scene }) => {
      await open(`/admin/users/${person(scene.people, 'zoë').id}`);
      await page.locator('main summary', { hasText: 'Force a new password' }).click();
      await press(/make a link/i);
    },
  ],
  [
    'service-token-name-taken',
    'root',
    fillIn('/admin/service-tokens', { name: 'HR import', days: '30' }, /create/i),
    409,
  ],
  ['administration-activity-wrong', 'root', '/admin/activity?from=2026-12-31&to=2026-01-01', 422],
  ['administration-activity-empty', 'root', '/admin/activity?from=2026-01-01&to=2026-01-02'],
];

lookAt([...early, ...shots.filter(([, who]) => who !== '' && who !== 'founder')]);
