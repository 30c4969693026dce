import type { Group } from "@lookalike/client";
import { thumbnailUrl } from "../api.ts";
import { openCatalogId } from "../libraries/library-store.ts";
import { fileName } from "../review/facts.ts";
import { numberText } from "../strings/format.ts";
import { strings } from "../strings/strings.ts";

const PICTURES_SHOWN = 4;

/** A group's pictures small: those that would stay first, and marked. */
export const GroupPictures = ({ group, keep }: { group: Group; keep: ReadonlySet<number> }) => {
  const t = strings.value;
  const ordered = group.members.toSorted((a, b) => Number(keep.has(b.ordinal)) - Number(keep.has(a.ordinal)));
  const shown = ordered.slice(0, PICTURES_SHOWN);
  const rest = ordered.length - shown.length;
  return (
    <span class="tile-pictures">
      {shown.map(({ ordinal, path }) => (
        <span key={ordinal} class={keep.has(ordinal) ? "tile-picture keep" : "tile-picture go"}>
          <img
            src={thumbnailUrl(openCatalogId(), ordinal, "small")}
            alt={keep.has(ordinal) ? t.keepsPicture(fileName(path)) : t.archivesPicture(fileName(path))}
            loading="lazy"
          />
        </span>
      ))}
      {rest > 0 && <span class="tile-rest">+{numberText(rest)}</span>}
    </span>
  );
};
