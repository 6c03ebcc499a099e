// A person's data: taken along, or deleted.
import { forgetDownload } from "./account-download.js";
import { forgetDeletion, lookUpDeletion } from "./account-deletion.js";
import { start } from "./sign-in.js";

let uid;
await start((user) => {
  if (user?.uid === uid) return;
  uid = user?.uid;
  document.getElementById("account").hidden = !user;
  forgetDownload();
  forgetDeletion();
  if (user) lookUpDeletion();
});
