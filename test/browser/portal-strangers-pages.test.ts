/** The same as in portal-pages.test.ts for the pages of those who are not signed in yet. */
import { type Shot, shots } from '../../scripts/make-screenshots.mjs';
import { fillIn, lookAt } from './portal-page.ts';

/** What uses up what others are about. */
const late: Shot[] = [
  [
    'setup-weak',
    'founder',
    (hand) => fillIn(hand.scene.links.setup, { name: 'boss', password: 'countersign 2026!' })(hand),
    422,
  ],
  [
    'setup-done',
    'founder',
    (hand) => fillIn(hand.scene.links.setup, { name: 'boss', password: 'four unrelated plain words' })(hand),
  ],
  ['invitation-weak', '', (hand) => fillIn(hand.scene.links.invitation, { password: 'countersign 2026!' })(hand), 422],
  [
    'invitation-done',
    '',
    (hand) => fillIn(hand.scene.links.invitation, { password: 'four unrelated plain words' })(hand),
  ],
];

lookAt([...shots.filter(([, who]) => who === '' || who === 'founder'), ...late]);
