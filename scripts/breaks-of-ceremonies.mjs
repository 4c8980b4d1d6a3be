/** The part of `breaks.mjs` that is about what a passkey answers. */

import { breaksOfChallenges } from './breaks-of-challenges.mjs';

/** @type {readonly import('./breaks.mjs').Break[]} */
export const breaksOfCeremonies = [
  {
    name: 'an answer of the other ceremony of WebAuthn will do',
    tests: ['../src/passkeys/answer'],
    edits: [['src/passkeys/answer.ts', "if (data.type !== type) return 'type';", '']],
  },
  {
    name: 'a passkey is asked for by whatever page',
    tests: ['../src/passkeys/answer'],
    edits: [['src/passkeys/answer.ts', "if (data.origin !== relyingParty.origin) return 'origin';", '']],
  },
  {
    name: 'a passkey is asked for by a page that begins like ours',
    tests: ['../src/passkeys/answer', 'attacks/a-36-answers'],
    edits: [
      ['src/passkeys/answer.ts', 'data.origin !== relyingParty.origin', '!data.origin.startsWith(relyingParty.origin)'],
    ],
  },
  {
    name: 'a passkey is asked for from within a page of somebody else',
    tests: ['../src/passkeys/answer', '../src/passkeys/ceremony', 'attacks/a-36-answers'],
    edits: [['src/passkeys/answer.ts', "if (data.crossOrigin) return 'cross_origin';", '']],
  },
  {
    name: 'a page around ours is seen only where the browser says so twice',
    tests: ['../src/passkeys/answer', 'attacks/a-36-answers'],
    edits: [['src/passkeys/answer.ts', 'Boolean(crossOrigin) || topOrigin !== undefined', 'Boolean(crossOrigin)']],
  },
  {
    name: 'an answer need not be to what was asked',
    tests: ['../src/passkeys/answer'],
    edits: [['src/passkeys/answer.ts', "data.challenge === challenge ? undefined : 'challenge'", 'undefined']],
  },
  {
    name: 'a passkey of another host is good here',
    tests: ['../src/passkeys/answer'],
    edits: [
      [
        'src/passkeys/answer.ts',
        "if (!view.subarray(0, 32).equals(hash('sha256', rpId, 'buffer'))) return 'rp_id';",
        '',
      ],
    ],
  },
  {
    name: 'nobody need be there',
    tests: ['../src/passkeys/answer', 'attacks/a-36-answers'],
    edits: [['src/passkeys/answer.ts', "if (!is(0)) return 'user_presence';", '']],
  },
  {
    name: 'whoever is there need not be verified',
    tests: ['../src/passkeys/answer', '../src/passkeys/ceremony', 'attacks/a-36-answers'],
    edits: [
      ['src/passkeys/answer.ts', "if (!is(2)) return 'user_verification';", ''],
      ['src/passkeys/ceremony.ts', 'requireUserVerification: true', 'requireUserVerification: false'],
    ],
  },
  {
    name: 'what is on one device alone may be backed up',
    tests: ['../src/passkeys/answer', 'attacks/a-36-answers'],
    edits: [['src/passkeys/answer.ts', "said.backedUp && !said.backupEligible ? 'backup_flags' : said", 'said']],
  },
  {
    name: 'a passkey of one device may come from several later',
    tests: ['../src/passkeys/ceremony', 'attacks/a-36-answers'],
    edits: [
      [
        'src/passkeys/ceremony.ts',
        "if (said.backupEligible !== kept.backupEligible) return { refused: 'backup_flags' };",
        '',
      ],
    ],
  },
  {
    name: 'a counter may go back',
    tests: ['../src/passkeys/answer', 'attacks/a-36-counters'],
    edits: [['src/passkeys/answer.ts', 'before > 0 && now <= before', 'before < 0 && now < 0']],
  },
  {
    name: 'a copy that counts along gets in where both are used at once',
    tests: ['attacks/a-36-counters'],
    edits: [
      ['src/passkeys/store.ts', "eb('sign_count', '<', given.signCount)", "eb('sign_count', '<=', given.signCount)"],
    ],
  },
  {
    name: 'the owner is not told that a passkey may have been copied',
    tests: ['attacks/a-36-counters'],
    edits: [
      [
        'src/sign-in/note-refused.ts',
        "if (wrong.reason !== 'counter') return;",
        "if (wrong.reason !== 'type') return;",
      ],
    ],
  },
  {
    name: 'the same answer sent again frightens the owner',
    tests: ['attacks/a-36-counters'],
    edits: [
      [
        'src/passkeys/passkeys.ts',
        "judged.challenge))) return 'challenge';",
        "judged.challenge)) && !('refused' in judged)) return 'challenge';",
      ],
    ],
  },
  {
    name: 'any signature will do',
    tests: ['../src/passkeys/ceremony', 'attacks/a-36-answers'],
    edits: [
      [
        'src/passkeys/ceremony.ts',
        "if (!(await isSigned(answer, kept, expected))) return { refused: 'signature' };",
        'await isSigned(answer, kept, expected);',
      ],
    ],
  },
  {
    name: 'a key of any algorithm is kept',
    tests: ['../src/passkeys/ceremony', 'attacks/a-36-registration'],
    edits: [['src/passkeys/ceremony.ts', "if (!isStrong(attested.key)) return { refused: 'algorithm' };", '']],
  },
  {
    name: 'an RSA key may be short',
    tests: ['../src/passkeys/key', 'attacks/a-36-registration'],
    edits: [['src/passkeys/key.ts', 'isWithin(modulusLength, 2048, 4096)', 'isWithin(modulusLength, 1024, 4096)']],
  },
  {
    name: 'an RSA key may be too long to be verified with',
    tests: ['../src/passkeys/key'],
    edits: [['src/passkeys/key.ts', '2048, 4096', '2048, 1e6']],
  },
  {
    name: 'an RSA key may have any exponent',
    tests: ['../src/passkeys/key'],
    edits: [['src/passkeys/key.ts', ' && isWithin(publicExponent, 65_537, 2 ** 32)', '']],
  },
  {
    name: 'a key vouches for itself by an algorithm that is not its own',
    tests: ['attacks/a-36-registration'],
    edits: [['src/passkeys/ceremony.ts', " && statement.get('alg') === algorithmOf(key)", '']],
  },
  {
    name: 'certificates vouch for passkeys',
    tests: ['../src/passkeys/ceremony', 'attacks/a-36-registration'],
    edits: [['src/passkeys/ceremony.ts', '!isUncertified(attested) || ', '']],
  },
  {
    name: 'a statement that does not verify is taken',
    tests: ['attacks/a-36-registration'],
    edits: [
      [
        'src/passkeys/ceremony.ts',
        '!(await isAttested(answer, expected))',
        '!(await isAttested(answer, expected)) && answer.id === ""',
      ],
    ],
  },
  {
    name: 'a passkey is kept under another id than it has',
    tests: ['attacks/a-36-registration'],
    edits: [
      [
        'src/passkeys/ceremony.ts',
        "Buffer.from(id).toString('base64url') === answer.id",
        'id.length + answer.id.length > 0',
      ],
    ],
  },
  {
    name: 'a credential is one passkey as often as it likes',
    tests: ['attacks/a-36-registration', 'problems'],
    edits: [
      [
        'src/passkeys/passkeys.ts',
        "if (!(await insertPasskey(tx, passkey))) throw new Problem('passkey_exists');",
        'await insertPasskey(tx, passkey);',
      ],
    ],
  },
  {
    name: 'a passkey that was made for another host name signs in',
    tests: ['stories/account-passkeys-removal'],
    edits: [['src/passkeys/judging.ts', '!passkey || passkey.rpId !== rpId', '!passkey']],
  },
  {
    name: 'how a passkey is reached is kept as a browser says it, whatever that is',
    tests: ['attacks/a-36-registration'],
    edits: [['src/passkeys/ceremony.ts', '.filter((each) => transportWord.test(each))', '']],
  },
  ...breaksOfChallenges,
];
