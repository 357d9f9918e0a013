/**
 * UTF-8 is in every place the domain runs (browsers, workers, Node) but not in `lib: ES2024`.
 * Only what the domain uses; the rest of the platform stays out of reach on purpose.
 */
declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
}

declare class TextDecoder {
  constructor(label?: 'utf-8', options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: Uint8Array): string;
}
