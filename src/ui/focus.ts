import { tick } from 'svelte';

/** What had the focus is gone: whoever uses keys or a screen reader would begin at the top again. */
export function isFocusLost(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}

/** After a step of the person the new page is read from its heading; a fresh load is left alone. */
export function beginAt(heading: HTMLElement | null | undefined): void {
  if (isFocusLost() && navigator.userActivation.hasBeenActive) heading?.focus();
}

/** Where typing has to go on, as soon as the fields show what is wrong. */
export async function focusFirstWrong(form: HTMLElement): Promise<void> {
  await tick();
  form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
}
