/** The English words of all other rooms, for the catalogues. */
import { enClinic } from "./en-clinic.ts";
import { enCopy } from "./en-copy.ts";
import { enDesk } from "./en-desk.ts";
import { enInstall } from "./en-install.ts";
import { enMembers } from "./en-members.ts";
import { enPlan } from "./en-plan.ts";
import { enRecord } from "./en-record.ts";
import { enReminders } from "./en-reminders.ts";
import { enSafeDesk } from "./en-safe-desk.ts";
import { enSending } from "./en-sending.ts";

export const restWords = {
  ...enMembers,
  ...enInstall,
  ...enRecord,
  ...enCopy,
  ...enDesk,
  ...enPlan,
  ...enSafeDesk,
  ...enClinic,
  ...enReminders,
  ...enSending,
};
