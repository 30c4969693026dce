import { Modal } from "../parts/modal.tsx";
import { strings } from "../strings/strings.ts";
import { KEYS } from "./keyboard.ts";

/** Every key, and what it does. */
export const HelpDialog = () => {
  const t = strings.value;
  return (
    <Modal title={t.keysTitle}>
      <table class="keys">
        <tbody>
          {KEYS.map(({ label, about }) => (
            <tr key={label}>
              <th scope="row">
                <kbd>{label}</kbd>
              </th>
              <td>{t.keys[about]}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="small">{t.touchHint}</p>
    </Modal>
  );
};
