// Small comforts. Every page works without them.
import { autosave } from "./autosave.js";
import { busy } from "./busy.js";
import { copy } from "./copy.js";
import { files } from "./files.js";
import { guess } from "./guess.js";
import { history } from "./history.js";
import { keys } from "./keys.js";
import { leave } from "./leave.js";
import { menus } from "./menus.js";
import { notes } from "./notes.js";
import { now } from "./now.js";
import { passkey } from "./passkey.js";
import { print } from "./print.js";

busy(document);
leave(document);
autosave(document);
files(document);
now(document);
menus(document);
guess(document);
keys(document);
notes(document);
passkey(document);
print(document);
copy(document);
history(document);
