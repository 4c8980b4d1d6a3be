/** Whom passkeys are made for (WebAuthn, 5.4.2): they work there and nowhere else, which is what no imitation can get by. */
export interface RelyingParty {
  /** The RP ID: the host name of the public URL, whole. */
  id: string;
  /** The one origin from which an answer may come. */
  origin: string;
}

/** The relying party of a public URL; none where that names an IP address, for which browsers make no passkeys. */
export function relyingPartyOf(publicUrl: string): RelyingParty | undefined {
  const { hostname, origin } = new URL(publicUrl);
  return ipAddress.test(hostname) ? undefined : { id: hostname, origin };
}

/** As `URL` writes one, however it was given (WHATWG URL, 3.5). */
const ipAddress = /^(?:\[|\d+\.\d+\.\d+\.\d+$)/;
