// @ts-check
// Sends the one form of this page on by itself. Without script its button does.

const form = document.querySelector("form[data-submit]");
if (form instanceof HTMLFormElement) {
  form.requestSubmit();
}
