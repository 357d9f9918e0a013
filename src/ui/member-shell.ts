import type MemberShell from './MemberShell.svelte';

let loading: Promise<typeof MemberShell> | undefined;

/** The screens of members: not on the way to Welcome and Join, so that these come fast. */
export function loadMemberShell(): Promise<typeof MemberShell> {
  loading ??= load();
  return loading;
}

async function load(): Promise<typeof MemberShell> {
  try {
    return (await import('./MemberShell.svelte')).default;
  } catch (error) {
    loading = undefined;
    throw error;
  }
}
