import { useEffect } from "preact/hooks";
import { thumbnailUrl } from "../api.ts";
import { openCatalogId } from "../libraries/library-store.ts";
import { Button } from "../parts/button.tsx";
import { Modal } from "../parts/modal.tsx";
import { busy } from "../review/groups.ts";
import { timeText } from "../strings/format.ts";
import { strings } from "../strings/strings.ts";
import type { Batch } from "./batches.ts";
import { readToday, today, undoBatch } from "./today.ts";

const PICTURES_SHOWN = 4;
const SHOWN = 300;

/** What was decided today, each with its undo. */
export const TodayDialog = () => {
  const t = strings.value;
  useEffect(() => void readToday(), []);
  return (
    <Modal title={t.today}>
      {today.value === null && <p role="status">{t.loading}</p>}
      {today.value?.length === 0 && <p>{t.nothingToday}</p>}
      <ul class="today">
        {today.value?.slice(0, SHOWN).map((batch) => (
          <Row key={`${batch.decidedAt}${batch.decidedBy}`} batch={batch} />
        ))}
      </ul>
    </Modal>
  );
};

const Row = ({ batch }: { batch: Batch }) => {
  const t = strings.value;
  const catalog = openCatalogId();
  return (
    <li>
      <span class="today-pictures" aria-hidden="true">
        {batch.decisions
          .slice(0, PICTURES_SHOWN)
          .flatMap(({ keep }) => keep.slice(0, 1))
          .map((ordinal) => (
            <img key={ordinal} src={thumbnailUrl(catalog, ordinal, "small")} alt="" loading="lazy" />
          ))}
      </span>
      <span>
        {aboutBatch(batch)}
        <br />
        <span class="small">
          {timeText(batch.decidedAt)} · {batch.decidedBy}
        </span>
      </span>
      <Button text={t.undo} disabled={busy.value} onClick={() => void undoBatch(batch)} />
    </li>
  );
};

const aboutBatch = ({ decisions }: Batch): string => {
  const t = strings.value;
  const [first] = decisions;
  if (first === undefined) return "";
  const archived = decisions.reduce((sum, { members, keep }) => sum + members.length - keep.length, 0);
  if (decisions.length > 1) return t.groupsAtOnce(decisions.length, archived);
  if (first.verdict === "not-duplicates") return t.notDuplicates;
  return archived === 0 ? t.keepAll : t.keepAndArchive(first.keep.length, archived);
};
