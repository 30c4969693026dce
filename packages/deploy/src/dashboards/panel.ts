/** A panel: what it shows, and where the runbook says what to do about it. */
export interface Panel {
  readonly title: string;
  readonly about: string;
  readonly kind: "stat" | "lines";
  /** Unit of the values, as Grafana names it: short, s, bytes, percentunit, ops. */
  readonly unit: string;
  /** Columns of 24. */
  readonly width: number;
  readonly queries: readonly { readonly expr: string; readonly legend: string }[];
  /** Section of docs/operations.md. */
  readonly runbook: string;
  /** The value is red from here on. */
  readonly alarm?: number;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly rows: readonly { readonly title: string; readonly panels: readonly Panel[] }[];
}

/** Expressions of PromQL by their legends. */
type Queries = Record<string, string>;

const panel =
  (kind: Panel["kind"], width: number) =>
  (title: string, about: string, unit: string, runbook: string, queries: Queries, alarm?: number): Panel => ({
    title,
    about,
    kind,
    unit,
    width,
    runbook,
    queries: Object.entries(queries).map(([legend, expr]) => ({ legend, expr })),
    ...(alarm === undefined ? {} : { alarm }),
  });

export const stat = panel("stat", 4);
export const lines = panel("lines", 12);
export const narrow = panel("lines", 8);
