import { BigValueColorMode, BigValueGraphMode } from "@grafana/grafana-foundation-sdk/common";
import {
  DashboardBuilder,
  DashboardLinkBuilder,
  DatasourceVariableBuilder,
  RowBuilder,
  TextBoxVariableBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import type { Dashboard, Panel } from "./dashboards.ts";

const HEIGHT = { stat: 4, lines: 8 };
const RUNBOOK = "docs/operations.md";

/** A dashboard as the JSON that Grafana provisions. */
export const grafanaDashboard = ({ uid, title, rows }: Dashboard): unknown => {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .tags(["lookalike"])
    .refresh("10s")
    .time({ from: "now-1h", to: "now" })
    .withVariable(new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus"))
    .withVariable(new TextBoxVariableBuilder("runbook").label("Runbook").defaultValue(RUNBOOK));
  for (const [rowTitle, panels] of Object.entries(rows)) {
    builder.withRow(new RowBuilder(rowTitle));
    for (const panel of panels) builder.withPanel(panelBuilder(panel));
  }
  return builder.build();
};

const panelBuilder = ({ title, about, unit, width, kind, queries, runbook, alarm }: Panel) => {
  const builder =
    kind === "stat"
      ? new StatBuilder().colorMode(BigValueColorMode.Background).graphMode(BigValueGraphMode.Area)
      : new TimeseriesBuilder().lineWidth(1).fillOpacity(10);
  const link = () => new DashboardLinkBuilder("What to do").url(`\${runbook}#${runbook}`).targetBlank(true);
  builder
    .title(title)
    .description(about)
    .unit(unit)
    .min(0)
    .span(width)
    .height(HEIGHT[kind])
    .datasource({ type: "prometheus", uid: `\${datasource}` })
    .dataLinks([link()])
    .links([link()]);
  builder.thresholds(
    new ThresholdsConfigBuilder()
      .mode(ThresholdsMode.Absolute)
      .steps([{ value: null, color: "green" }, ...(alarm === undefined ? [] : [{ value: alarm, color: "red" }])]),
  );
  for (const [legend, expr] of Object.entries(queries))
    builder.withTarget(new DataqueryBuilder().expr(expr).legendFormat(legend));
  return builder;
};
