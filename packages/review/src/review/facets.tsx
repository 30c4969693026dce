import { openStatistics } from "../libraries/library-store.ts";
import { bytesText, numberText } from "../strings/format.ts";
import { strings } from "../strings/strings.ts";
import { countsByKind, countsByState, filter, LEAST_BYTES, ORDERS } from "./filter.ts";
import { changeFilter } from "./groups.ts";

interface ChoiceProps {
  readonly name: string;
  readonly text: string;
  readonly count?: number;
  readonly isChosen: boolean;
  readonly choose: () => void;
}

const Choice = ({ name, text, count, isChosen, choose }: ChoiceProps) => (
  <label class="facet">
    <input type="radio" name={name} class="visually-hidden" checked={isChosen} onChange={choose} />
    <span>{text}</span>
    {count !== undefined && <span class="count">{numberText(count)}</span>}
  </label>
);

/** Which groups are shown: by their state, what they are, and what they free, with how many there are. */
export const Facets = () => {
  const t = strings.value;
  const statistics = openStatistics.value;
  if (statistics === null) return null;
  const { state, kind, leastBytes, order } = filter.value;
  const kinds = countsByKind(statistics, filter.value);
  return (
    <div class="facets">
      <fieldset>
        <legend>{t.show}</legend>
        {countsByState(statistics, filter.value).map((row) => (
          <Choice
            key={row.state}
            name="state"
            text={t.states[row.state]}
            count={row.count}
            isChosen={row.state === state}
            choose={() => void changeFilter({ state: row.state })}
          />
        ))}
      </fieldset>
      {(kinds.length > 1 || kind !== null) && (
        <fieldset>
          <legend>{t.whatTheyAre}</legend>
          <Choice
            name="kind"
            text={t.everything}
            isChosen={kind === null}
            choose={() => void changeFilter({ kind: null })}
          />
          {kinds.map((row) => (
            <Choice
              key={row.kind}
              name="kind"
              text={t.kinds[row.kind]}
              count={row.count}
              isChosen={row.kind === kind}
              choose={() => void changeFilter({ kind: row.kind })}
            />
          ))}
        </fieldset>
      )}
      <div class="selects">
        <label>
          <span>{t.frees}</span>
          <select
            value={leastBytes}
            onChange={({ currentTarget }) => void changeFilter({ leastBytes: Number(currentTarget.value) })}
          >
            {LEAST_BYTES.map((bytes) => (
              <option key={bytes} value={bytes}>
                {bytes === 0 ? t.anySize : t.atLeast(bytesText(bytes))}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>{t.sortedBy}</span>
          <select
            value={order}
            onChange={({ currentTarget }) => {
              const chosen = ORDERS.find((known) => known === currentTarget.value);
              if (chosen !== undefined) void changeFilter({ order: chosen });
            }}
          >
            {ORDERS.map((known) => (
              <option key={known} value={known}>
                {t.orders[known]}
              </option>
            ))}
          </select>
        </label>
      </div>
    </div>
  );
};
