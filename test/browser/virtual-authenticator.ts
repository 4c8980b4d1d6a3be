/** Devices with passkeys that a test drives: Chromium's own virtual authenticators (DevTools protocol, domain WebAuthn). */
import { EventEmitter, once } from 'node:events';
import type { CDPSession, Page } from 'playwright-core';
import { type SoftwareAuthenticator, softwareAuthenticator } from '../authenticator.ts';
import { makePersonWithPasskey, type PasskeyPerson } from '../passkeys.ts';
import type { Place } from './steps.ts';

/** A device of one page, whatever that page opens. Another page has none of it. */
export interface Device {
  /** What it holds now, by the ids of WebAuthn. */
  held(): Promise<HeldPasskey[]>;
  /** Puts the passkeys into it that a device in software has made: P-256 keys only. */
  take(device: SoftwareAuthenticator): Promise<void>;
  /** Whether it finds that it is held by its owner: fingerprint, face, screen lock. */
  verifies(does: boolean): Promise<void>;
  /** Whether somebody is there to answer what it asks; while nobody is, a question stays open. */
  answers(does: boolean): Promise<void>;
  /** Answers with these flags not set, whatever it found: a broken device. */
  lies(about: { userVerified?: boolean; userPresent?: boolean }): Promise<void>;
  /** Takes it away, with everything that it holds. */
  remove(): Promise<void>;
  /** What the browser has done with its passkeys since it was there, such as `deleted ID`. */
  events: string[];
  /** Waits until that is among them. */
  until(event: string): Promise<void>;
}

export interface HeldPasskey {
  id: string;
  rpId: string;
  userName: string;
  signCount: number;
}

interface Nature {
  /** What it is: part of the machine, or a key that is plugged in. */
  transport?: 'internal' | 'usb';
  /** Its passkeys may be on other devices too. */
  synced?: boolean;
  userVerified?: boolean;
  present?: boolean;
}

const sessions = new WeakMap<Page, Promise<CDPSession>>();

/**
 * Adds a device to a page, which from then on asks no other but such. One page may have several. All are gone when
 * another DevTools session of that page ends, as after `keyboardWalk` and `transferred`.
 */
export async function addDevice(page: Page, nature: Nature = {}): Promise<Device> {
  const { transport = 'internal', synced = true, userVerified = true, present = true } = nature;
  const opened = sessions.get(page) ?? open(page);
  sessions.set(page, opened);
  const session = await opened;
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport,
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: userVerified,
      automaticPresenceSimulation: present,
      defaultBackupEligibility: synced,
      defaultBackupState: synced,
    },
  });
  return {
    ...eventsOf(session, authenticatorId),
    async held() {
      const { credentials } = await session.send('WebAuthn.getCredentials', { authenticatorId });
      return credentials.map(({ credentialId, rpId = '', userName = '', signCount }) => {
        return { id: inUrls(credentialId), rpId, userName, signCount };
      });
    },
    async take({ held }) {
      for (const { id, rpId, handle, key, count } of held) {
        const credential = {
          credentialId: id.toString('base64'),
          isResidentCredential: true,
          rpId,
          privateKey: key.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
          userHandle: Buffer.from(handle, 'base64url').toString('base64'),
          signCount: count === 0 ? -1 : count,
        };
        await session.send('WebAuthn.addCredential', { authenticatorId, credential });
      }
    },
    async verifies(does) {
      await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: does });
    },
    async answers(does) {
      await session.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: does });
    },
    async lies({ userVerified: verified = true, userPresent = true }) {
      const bits = { isBadUV: !verified, isBadUP: !userPresent };
      await session.send('WebAuthn.setResponseOverrideBits', { authenticatorId, ...bits });
    },
    async remove() {
      await session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
    },
  };
}

async function open(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable', { enableUI: false });
  return session;
}

function eventsOf(session: CDPSession, ours: string): Pick<Device, 'events' | 'until'> {
  const events: string[] = [];
  const told = new EventEmitter();
  const note = (what: string, authenticatorId: string, credentialId: string): void => {
    if (authenticatorId !== ours) return;
    events.push(`${what} ${inUrls(credentialId)}`);
    told.emit('event');
  };
  session.on('WebAuthn.credentialAdded', (event) => {
    note('added', event.authenticatorId, event.credential.credentialId);
  });
  session.on('WebAuthn.credentialAsserted', (event) => {
    note('asserted', event.authenticatorId, event.credential.credentialId);
  });
  session.on('WebAuthn.credentialUpdated', (event) => {
    note('updated', event.authenticatorId, event.credential.credentialId);
  });
  session.on('WebAuthn.credentialDeleted', (event) => {
    note('deleted', event.authenticatorId, event.credentialId);
  });
  return {
    events,
    async until(event) {
      const signal = AbortSignal.timeout(10_000);
      while (!events.includes(event)) await once(told, 'event', { signal });
    },
  };
}

/** The same bytes as pages and answers write them. */
const inUrls = (base64: string): string => Buffer.from(base64, 'base64').toString('base64url');

/**
 * The same place under the name that its public URL says: passkeys work there, and not by the number of its address. To
 * be given to `enter` in place of the other.
 */
export function named(place: Place): Place {
  return { ...place, origin: place.world.server.service.publicUrl() };
}

/** Somebody with a password and a passkey, made by a device in software that a page's device can `take`. */
export function personWithPasskey(place: Place, name: string): Promise<PasskeyPerson> {
  const origin = place.world.server.service.publicUrl();
  return makePersonWithPasskey(place.world, name, { device: softwareAuthenticator({ origin }) });
}
