import { trouble } from "./api.ts";
import { ArchivePlace } from "./archive/archive-place.tsx";
import { Dialogs } from "./dialogs.tsx";
import { LibrariesPlace } from "./libraries/libraries-place.tsx";
import { libraries } from "./libraries/library-store.ts";
import { Button } from "./parts/button.tsx";
import { ReviewPlace } from "./review/review-place.tsx";
import { isSignedIn, signIn } from "./session.ts";
import { Header } from "./shell/header.tsx";
import { place } from "./shell/places.ts";
import { strings } from "./strings/strings.ts";

export const App = () => {
  const t = strings.value;
  return (
    <>
      <Header />
      {trouble.value !== null && (
        <p class="trouble" role="alert">
          <span>{trouble.value}</span> <Button text={t.dismiss} onClick={() => (trouble.value = null)} />
        </p>
      )}
      <Room />
      <Dialogs />
    </>
  );
};

const Room = () => {
  if (!isSignedIn.value) return <SignIn />;
  if (libraries.value === null)
    return (
      <main class="empty">
        <p role="status">{strings.value.loading}</p>
      </main>
    );
  switch (place.value) {
    case "libraries":
      return <LibrariesPlace />;
    case "review":
      return <ReviewPlace />;
    case "archive":
      return <ArchivePlace />;
  }
};

const SignIn = () => {
  const t = strings.value;
  return (
    <main class="empty">
      <form
        class="sign-in"
        onSubmit={(event) => {
          event.preventDefault();
          void signIn(String(new FormData(event.currentTarget).get("key")).trim());
        }}
      >
        <h2>{t.signInTitle}</h2>
        <p>{t.signInHint}</p>
        <label class="field">
          <span>{t.accessKey}</span>
          <input name="key" type="password" autocomplete="off" required />
        </label>
        <button type="submit" class="primary">
          {t.open}
        </button>
      </form>
    </main>
  );
};
