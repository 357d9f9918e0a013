/** Remembers the phase each thing was in; says the one before when it changes. Not reactive. */
export interface PhaseLog {
  /** `undefined` when nothing changed, `'new'` the first time, else the phase before. */
  note(id: string, phase: string): string | undefined;
}

export function createPhaseLog(): PhaseLog {
  const phases = new Map<string, string>();
  return {
    note(id, phase) {
      const before = phases.get(id);
      phases.set(id, phase);
      return before === phase ? undefined : (before ?? 'new');
    },
  };
}
