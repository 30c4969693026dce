import { type Folder, openBelow } from "@lookalike/shared/sources/folder-handle";

/** As deep as a path that a system call takes can be: 4,096 bytes, of which each folder needs two. */
const MAX_DEPTH = 2_048;

/**
 * The folders of one path that are held open while a root is walked depth first: each is opened in the one above it, so
 * that what is exchanged for a link meanwhile leads nowhere.
 */
export class OpenFolders {
  readonly #folders: Folder[];

  constructor(root: Folder) {
    this.#folders = [root];
  }

  /**
   * Opens a folder in the open one above it, in place of those that were open at its depth and below.
   * @param depth 0 for the root, whatever its name
   * @throws ELOOP where a link has its name, ENAMETOOLONG where it is too deep
   */
  async enter(depth: number, name: Buffer): Promise<Folder> {
    const open = this.#folders[depth];
    if (depth === 0 && open !== undefined) return open;
    const above = this.#folders[depth - 1];
    if (above === undefined) throw new Error(`no folder is open above depth ${depth}`);
    if (depth > MAX_DEPTH) throw Object.assign(new Error(`deeper than ${MAX_DEPTH} folders`), { code: "ENAMETOOLONG" });
    // At the same time, because each takes a turn of the thread pool.
    const [folder] = await Promise.all([openBelow(above, name), this.#closeFrom(depth)]);
    this.#folders.push(folder);
    return folder;
  }

  close(): Promise<void> {
    return this.#closeFrom(0);
  }

  async #closeFrom(depth: number): Promise<void> {
    await Promise.all(this.#folders.splice(depth).map(({ handle }) => handle.close()));
  }
}
