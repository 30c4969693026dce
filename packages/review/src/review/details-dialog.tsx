import type { GroupDetail } from "@lookalike/client";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api, request } from "../api.ts";
import { Modal } from "../parts/modal.tsx";
import { numberText } from "../strings/format.ts";
import { strings } from "../strings/strings.ts";
import { factsOf, fileName, type Member } from "./facts.ts";
import { current } from "./groups.ts";

const PAIRS_SHOWN = 200;

/** Everything that is known of the group's pictures, and why they belong together. */
export const DetailsDialog = () => {
  const t = strings.value;
  const detail = useSignal<GroupDetail | null>(null);
  const group = current.value;
  useEffect(() => {
    if (group === null) return;
    const params = { path: { job: group.job, number: group.number } };
    void request(api.GET("/v1/jobs/{job}/groups/{number}", { params })).then((read) => (detail.value = read ?? null));
  }, [group?.number]);
  if (group === null) return null;
  const { members } = group;
  return (
    <Modal title={t.details} wide>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard (WCAG 2.1.1) */}
      <section class="scroll-table" tabIndex={0} aria-label={t.details}>
        <table>
          <thead>
            <tr>
              <td />
              {members.map(({ ordinal, path }) => (
                <th key={ordinal} scope="col">
                  {fileName(path)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {factsOf(members, t).map(({ name, values, differs }) => (
              <tr key={name} class={differs ? "differs" : ""}>
                <th scope="row">{t.facts[name]}</th>
                {values.map(({ text, tone }, at) => (
                  <td key={members[at]?.ordinal} class={tone}>
                    <bdi>{text === "" ? t.nothing : text}</bdi>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <h3>{t.whyTogether}</h3>
      {detail.value === null ? <p>{t.loading}</p> : <Pairs detail={detail.value} />}
    </Modal>
  );
};

const Pairs = ({ detail: { members, pairs } }: { detail: GroupDetail }) => {
  const t = strings.value;
  const names = new Map(members.map(({ ordinal, path }: Member) => [ordinal, fileName(path)]));
  return (
    <ul class="pairs">
      {pairs.slice(0, PAIRS_SHOWN).map(({ a, b, distance, equalBytes }) => (
        <li key={`${a}-${b}`}>
          {t.pair(names.get(a) ?? String(a), names.get(b) ?? String(b))}{" "}
          <span class="small">{equalBytes ? t.equalBytes : distance === null ? "" : t.bits(numberText(distance))}</span>
        </li>
      ))}
    </ul>
  );
};
