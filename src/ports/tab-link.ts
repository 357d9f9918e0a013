/**
 * A channel between the tabs of one browser profile. What is posted reaches every other tab that is
 * open, never the one that posted. Files travel as handles, not as bytes. Whoever listens treats
 * what comes as written by a stranger.
 */
export interface TabLink {
  /** Throws DataCloneError when it holds something that cannot leave this tab. */
  post(message: unknown): void;
  subscribe(listener: (message: unknown) => void): () => void;
  close(): void;
}
