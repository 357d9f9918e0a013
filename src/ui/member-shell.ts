import type MemberShell from './MemberShell.svelte';

let loading: Promise<typeof MemberShell> | undefined;

/** The screens of members: not on the way to Welcome and Join, so that these come fast. */
export function loadMemberShell(): Promise<typeof MemberShell> {
  loading ??= import('./MemberShell.svelte').then((module) => module.default);
  return loading;
}
