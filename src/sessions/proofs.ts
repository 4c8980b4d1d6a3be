/** What a session has proved and when, and how that is stored. */
export interface Proofs {
  /** Nothing where it was made by a passkey alone. */
  passwordAt: number | undefined;
  secondFactor: { kind: SecondProof; at: number } | undefined;
}

/** What has stood for the second factor; a passkey stands for both, because its device has verified the person. */
export type SecondProof = 'otp' | 'recovery_code' | 'passkey';

export interface ProofColumns {
  /** Zero where no password was proved. */
  password_at: number;
  second_factor: string | null;
  second_factor_at: number | null;
}

/** Whatever is no proof that we know counts as the one that says least. */
const known = ['otp', 'passkey'] as const;

export function proofsIn({
  password_at: passwordAt,
  second_factor: factor,
  second_factor_at: at,
}: ProofColumns): Proofs {
  const kind = known.find((each) => each === factor) ?? 'recovery_code';
  return {
    passwordAt: passwordAt === 0 ? undefined : passwordAt,
    secondFactor: at === null ? undefined : { kind, at },
  };
}

export function columnsOf({ passwordAt, secondFactor }: Proofs): ProofColumns {
  return {
    password_at: passwordAt ?? 0,
    second_factor: secondFactor?.kind ?? null,
    second_factor_at: secondFactor?.at ?? null,
  };
}
