import * as v from 'valibot';
import type { Bytes } from '../bytes.ts';
import { fail, ok, type Result } from '../result.ts';
import { bytesOf, createCodec } from '../wire/codec.ts';
import { generationSchema, type GenerationSecrets } from './generation.ts';

/** What the vault of a device wraps. */
export interface MemberSecrets {
  /** The 16 bytes of the recovery words; null once they are saved elsewhere. */
  readonly entropy: Bytes | null;
  readonly generation: GenerationSecrets;
}

const codec = createCodec(
  v.strictObject({
    v: v.literal(1),
    entropy: v.nullable(bytesOf(16)),
    generation: generationSchema,
  }),
  { maxBytes: 1024 },
);

export function encodeMemberSecrets({ entropy, generation }: MemberSecrets): Bytes {
  return codec.encode({ v: 1, entropy, generation });
}

export function decodeMemberSecrets(bytes: Bytes): Result<MemberSecrets, 'damaged'> {
  const decoded = codec.decode(bytes);
  if (!decoded.ok) return fail('damaged');
  const { entropy, generation } = decoded.value;
  return ok({ entropy, generation });
}
