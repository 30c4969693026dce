import { Button } from "../parts/button.tsx";
import { Modal } from "../parts/modal.tsx";
import { signOut } from "../session.ts";
import { chooseLanguage, chosenLanguage, LANGUAGES, languageName, strings } from "../strings/strings.ts";
import { closeDialog, dialog } from "./places.ts";
import { THEMES, theme } from "./theme.ts";

/** How the page looks and speaks in this browser, and the way out of it. */
export const SettingsDialog = () => {
  const t = strings.value;
  return (
    <Modal
      title={t.settings}
      actions={
        <Button
          text={t.signOut}
          onClick={() => {
            closeDialog();
            void signOut();
          }}
        />
      }
    >
      <fieldset class="choices">
        <legend>{t.look}</legend>
        {THEMES.map((name) => (
          <label key={name}>
            <input type="radio" name="theme" checked={theme.value === name} onChange={() => (theme.value = name)} />{" "}
            {t.themes[name]}
          </label>
        ))}
      </fieldset>
      <label class="field">
        <span>{t.language}</span>
        <select
          value={chosenLanguage.value ?? ""}
          onChange={({ currentTarget }) => void chooseLanguage(currentTarget.value || null)}
        >
          <option value="">{t.byBrowser}</option>
          {LANGUAGES.map((code) => (
            <option key={code} value={code} lang={code}>
              {languageName(code)}
            </option>
          ))}
        </select>
      </label>
      <p>
        <Button hotkey="?" text={t.keysTitle} onClick={() => (dialog.value = "help")} />{" "}
        <a href="/docs/">{t.apiDocs}</a>
      </p>
    </Modal>
  );
};
