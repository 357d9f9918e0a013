/** Equal for two files that are taken for the same one: by folder, name and size. */
export function fileKeyOf(file: {
  readonly folder?: readonly string[] | undefined;
  readonly name: string;
  readonly size: number;
}): string {
  return JSON.stringify([file.size, file.name, ...(file.folder ?? [])]);
}
