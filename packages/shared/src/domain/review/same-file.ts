/** A member of a group, and of which file it is a name: hard links are several names of one file. */
export interface NamedFile {
  readonly ordinal: number;
  /** The first member that is a name of the same file; null = it is that one, or the file has no other name. */
  readonly sameFileAs: number | null;
}

const fileOf = ({ ordinal, sameFileAs }: NamedFile): number => sameFileAs ?? ordinal;

/** Those of the members that are names of the same files as the ones to keep: to remove one of them frees nothing. */
export const withSameFiles = <Member extends NamedFile>(
  members: readonly Member[],
  keep: ReadonlySet<number>,
): Member[] => {
  const files = new Set(members.filter(({ ordinal }) => keep.has(ordinal)).map(fileOf));
  return members.filter((member) => files.has(fileOf(member)));
};

/** Bytes of the members' files, each counted once. */
export const bytesOfFiles = (members: readonly (NamedFile & { readonly bytes: number })[]): number => {
  const files = new Map(members.map((member) => [fileOf(member), member.bytes]));
  return [...files.values()].reduce((sum, bytes) => sum + bytes, 0);
};
