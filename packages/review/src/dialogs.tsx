import { ArchiveDialog } from "./archive/archive-dialog.tsx";
import { EmptyDialog } from "./archive/empty-dialog.tsx";
import { FilesDialog } from "./libraries/files-dialog.tsx";
import { LibraryDialog } from "./libraries/new-library.tsx";
import { RuleDialog } from "./many/rule-dialog.tsx";
import { TodayDialog } from "./many/today-dialog.tsx";
import { DetailsDialog } from "./review/details-dialog.tsx";
import { HelpDialog } from "./shell/help-dialog.tsx";
import { dialog } from "./shell/places.ts";
import { SettingsDialog } from "./shell/settings-dialog.tsx";

const DIALOGS = {
  rule: RuleDialog,
  today: TodayDialog,
  files: FilesDialog,
  help: HelpDialog,
  details: DetailsDialog,
  settings: SettingsDialog,
  library: LibraryDialog,
  empty: EmptyDialog,
  archive: ArchiveDialog,
};

/** The dialog that is open. */
export const Dialogs = () => {
  const Open = dialog.value === null ? null : DIALOGS[dialog.value];
  return Open && <Open />;
};
