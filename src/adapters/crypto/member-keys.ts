import { textOf, type Bytes } from '../../domain/bytes.ts';
import {
  generationPublic,
  newGeneration,
  wrapToRoot,
  type GenerationSecrets,
} from '../../domain/identity/generation.ts';
import {
  decodeMemberSecrets,
  encodeMemberSecrets,
  type MemberSecrets,
} from '../../domain/identity/member-secrets.ts';
import { rootKeyOf } from '../../domain/identity/root-key.ts';
import { signEd25519 } from '../../domain/identity/signatures.ts';
import { fail, ok, type Result } from '../../domain/result.ts';
import type { MemberPublic } from '../../ports/crypto-pool.ts';
import type { Vault } from '../../ports/vault.ts';
import { MemberNotOpenError, MessageNotTaggedError, RootKeyAbsentError } from './crypto-errors.ts';

const ENTROPY_BYTES = 16;
const FIRST_GENERATION = 1;
const TAG_PREFIX = 'quloud/v1/';
const MAX_TAG_BYTES = 64;

/** The open member's secrets and what is done with those that are not about chunks. */
export interface MemberKeys {
  create(): Promise<{ readonly wrapped: Bytes; readonly member: MemberPublic }>;
  open(wrapped: Bytes): Promise<Result<MemberPublic, 'damaged'>>;
  /** Throws MemberNotOpenError. */
  current(): GenerationSecrets;
  /** Throws MessageNotTaggedError, RootKeyAbsentError. */
  sign(as: 'root' | 'generation', message: Bytes): Bytes;
}

export function createMemberKeys(vault: Vault, random: (length: number) => Bytes): MemberKeys {
  let opened: MemberSecrets | undefined;

  function held(): MemberSecrets {
    if (opened === undefined) throw new MemberNotOpenError();
    return opened;
  }

  return {
    async create() {
      const entropy = random(ENTROPY_BYTES);
      const secrets = { entropy, generation: newGeneration(random, FIRST_GENERATION) };
      const wrapped = await vault.wrap(encodeMemberSecrets(secrets));
      opened = secrets;
      return { wrapped, member: publicOf(secrets, random) };
    },

    async open(wrapped) {
      const plain = await vault.unwrap(wrapped);
      if (!plain.ok) return plain;
      const secrets = decodeMemberSecrets(plain.value);
      if (!secrets.ok) return fail('damaged');
      opened = secrets.value;
      return ok(publicOf(opened, random));
    },

    current: () => held().generation,

    sign(as, message) {
      if (!isTagged(message)) throw new MessageNotTaggedError();
      const { entropy, generation } = held();
      if (as === 'generation') return signEd25519(generation.sign, message);
      if (entropy === null) throw new RootKeyAbsentError();
      return rootKeyOf(entropy).sign(message);
    },
  };
}

function publicOf(secrets: MemberSecrets, random: (length: number) => Bytes): MemberPublic {
  const { entropy, generation } = secrets;
  if (entropy === null) throw new RootKeyAbsentError();
  const root = rootKeyOf(entropy);
  return {
    member: root.member,
    generation: generation.generation,
    ...generationPublic(generation),
    wrappedToRoot: wrapToRoot(generation, root.sealPublic, random),
  };
}

/** Whether the first item of the LP list is a tag of ours, so that no signature fits two structures. */
function isTagged(message: Bytes): boolean {
  if (message.length < 4) return false;
  const length = new DataView(message.buffer, message.byteOffset).getUint32(0);
  if (length > MAX_TAG_BYTES || message.length < 4 + length) return false;
  return textOf(message.subarray(4, 4 + length))?.startsWith(TAG_PREFIX) ?? false;
}
