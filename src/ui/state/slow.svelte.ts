const SLOW_MS = 3_000;

/** True once a condition has held for three seconds. Call while a component starts. */
export function slowAfter(holds: () => boolean): { readonly slow: boolean } {
  let slow = $state(false);
  $effect(() => {
    slow = false;
    if (!holds()) return;
    const timer = setTimeout(() => {
      slow = true;
    }, SLOW_MS);
    return () => {
      clearTimeout(timer);
    };
  });
  return {
    get slow() {
      return slow;
    },
  };
}
