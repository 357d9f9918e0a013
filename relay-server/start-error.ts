/** A reason not to start that the person at the terminal can mend; the message is one sentence. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** The errno name of a Node error (`EADDRINUSE`), or undefined. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
