import type { Group } from "@lookalike/client";
import { bytesText } from "../strings/format.ts";
import { strings } from "../strings/strings.ts";
import { type Fact, factsOf, fileName, type Member } from "./facts.ts";
import { keep, toggleKeep } from "./groups.ts";
import { Picture } from "./picture.tsx";
import { relationOf } from "./relation.ts";

const MEMBERS_SHOWN = 60;
/** Pictures that a key keeps or lets go. */
const NUMBERED = 9;

/** The shape of the suggested picture, within what fits a card: pictures of this shape fill theirs. */
const shapeOf = ({ width, height }: Partial<Member>): number =>
  width === undefined || height === undefined ? 4 / 3 : Math.min(1.9, Math.max(0.75, width / height));

/** The pictures of a group side by side. */
export const Cards = ({ group }: { group: Group }) => {
  const members = group.members.slice(0, MEMBERS_SHOWN);
  const facts = factsOf(members, strings.value).filter(({ differs, name }) => differs || name === "damaged");
  const keeper = group.members.find(({ ordinal }) => ordinal === group.keeper);
  if (keeper === undefined) return null;
  const rest = group.members.length - members.length;
  return (
    <>
      <ol class="cards" style={{ "--shape": String(shapeOf(keeper)) }}>
        {members.map((member, at) => (
          <Card key={member.ordinal} group={group} keeper={keeper} member={member} at={at} facts={facts} />
        ))}
      </ol>
      {rest > 0 && <p class="small">{strings.value.morePictures(rest)}</p>}
    </>
  );
};

interface CardProps {
  readonly group: Group;
  readonly keeper: Member;
  readonly member: Member;
  readonly at: number;
  readonly facts: readonly Fact[];
}

/** One picture: whether it stays, what it is beside the suggested one, and in what it differs. */
const Card = ({ group, keeper, member, at, facts }: CardProps) => {
  const t = strings.value;
  const isKept = keep.value.has(member.ordinal);
  const isSuggested = member.ordinal === group.keeper;
  const number = group.members.indexOf(keeper) + 1;
  const about = isSuggested
    ? t.suggested(t.reasons[group.keeperReason])
    : t.relations[relationOf(group.kind, keeper, member)](number);
  const name = fileName(member.path);
  return (
    <li class={isKept ? "card keep" : "card go"}>
      <Picture member={member} />
      <label class="flag">
        <input
          type="checkbox"
          class="visually-hidden"
          checked={isKept}
          disabled={group.decision !== null}
          aria-label={t.keepPicture(name)}
          onChange={() => toggleKeep(member.ordinal)}
        />
        <span aria-hidden="true">{isKept ? `✓ ${t.keep}` : t.archive}</span>
      </label>
      {at < NUMBERED && (
        <kbd class="number" title={t.keyKeeps(at + 1)}>
          {at + 1}
        </kbd>
      )}
      <div class="card-body">
        <p class="name">
          <bdi>{name}</bdi>
        </p>
        <p class={isSuggested ? "about good" : "about"}>{about}</p>
        <dl>
          {facts.map(({ name, values }) => (
            <FactLine key={name} name={name} value={values[at]} />
          ))}
        </dl>
        {member.sameFileAs !== null && <p class="small">{t.hardLink}</p>}
        <p class="visually-hidden">
          {isKept ? t.willStay : t.willGo(member.bytes === undefined ? "" : bytesText(member.bytes))}
        </p>
      </div>
    </li>
  );
};

const FactLine = ({ name, value }: { name: Fact["name"]; value: Fact["values"][number] | undefined }) => {
  const t = strings.value;
  if (value === undefined) return null;
  return (
    <div class={`fact ${value.tone}`}>
      <dt>{t.facts[name]}</dt>
      <dd>
        <bdi>{value.text === "" ? t.nothing : value.text}</bdi>
        {value.tone !== "none" && <span class="visually-hidden"> ({t.tones[value.tone]})</span>}
      </dd>
    </div>
  );
};
