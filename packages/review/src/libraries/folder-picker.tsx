import { printableLine } from "@lookalike/shared/runtime/printable";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api, requestAsSent } from "../api.ts";
import { Button } from "../parts/button.tsx";
import { strings } from "../strings/strings.ts";

interface Folder {
  /** As the API calls it, to be sent back: it may not be shown. */
  readonly path: string | null;
  readonly parent: string | null;
  readonly items: readonly { readonly name: string; readonly path: string }[];
  readonly isComplete: boolean;
}

/** Reads the folders in one; without a path, those that the server allows. */
const readFolder = async (path: string | null): Promise<Folder | undefined> =>
  requestAsSent(api.GET("/v1/folders", { params: { query: path === null ? {} : { path } } }));

/** A folder below those that the server allows, chosen by going into folders. @param choose gets the open folder; null = none */
export const FolderPicker = ({ choose }: { choose: (path: string | null) => void }) => {
  const t = strings.value;
  const folder = useSignal<Folder | null>(null);
  const open = async (path: string | null): Promise<void> => {
    const read = await readFolder(path);
    if (read === undefined) return;
    folder.value = read;
    choose(read.path);
  };
  useEffect(() => {
    void readFolder(null).then((roots) => {
      const [only, ...others] = roots?.items ?? [];
      if (only !== undefined && others.length === 0) return open(only.path);
      folder.value = roots ?? null;
      return undefined;
    });
  }, []);
  if (folder.value === null) return <p role="status">{t.loading}</p>;
  const { path, parent, items, isComplete } = folder.value;
  return (
    <div class="picker">
      <div class="picker-head">
        <Button class="up" text={t.folderAbove} disabled={path === null} onClick={() => void open(parent)} />
        <p class="path" aria-live="polite">
          <bdi>{path === null ? t.chooseFolder : printableLine(path)}</bdi>
        </p>
      </div>
      <ul class="picker-list" aria-label={t.foldersIn}>
        {items.map((item) => (
          <li key={item.path}>
            <Button class="folder" text={printableLine(item.name)} onClick={() => void open(item.path)} />
          </li>
        ))}
        {items.length === 0 && <li class="small">{path === null ? t.noRoots : t.noFoldersInside}</li>}
        {!isComplete && <li class="small">{t.moreFolders}</li>}
      </ul>
    </div>
  );
};
