/** A panel: what it shows, and where the runbook says what to do about it. */
export interface Panel {
  readonly title: string;
  readonly about: string;
  readonly kind: "stat" | "lines";
  /** Unit of the values, as Grafana names it: short, s, bytes, percentunit, ops. */
  readonly unit: string;
  /** Columns of 24. */
  readonly width: number;
  /** Expressions of PromQL by their legends. */
  readonly queries: Readonly<Record<string, string>>;
  /** Section of docs/operations.md. */
  readonly runbook: string;
  /** The value is red from here on. */
  readonly alarm: number | undefined;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  /** The panels of each row, by its title. */
  readonly rows: Readonly<Record<string, readonly Panel[]>>;
}

const panel =
  (kind: Panel["kind"], width: number, alarm?: number) =>
  (title: string, about: string, unit: string, runbook: string, queries: Panel["queries"]): Panel => ({
    title,
    about,
    kind,
    unit,
    width,
    runbook,
    queries,
    alarm,
  });

export const stat = panel("stat", 4);
/** A number that is red from `alarm` on. */
export const statWithAlarm = (alarm: number) => panel("stat", 4, alarm);
export const lines = panel("lines", 12);
export const narrow = panel("lines", 8);
