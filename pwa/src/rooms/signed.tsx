/** Whether a clinician stands for the words on this screen. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Care } from "../client";
import { approvalOf, type TextSet, versionOf } from "../safety/approved";
import { languageTag, rawText, t } from "../words";

/** Says who signed this version in this language, or that nobody has. */
export function Signed({ care, set }: { care: Pick<Care, "diary"> | undefined; set: TextSet }) {
  const version = useSignal("");
  useEffect(() => {
    versionOf(set, rawText).then(
      (hash) => {
        version.value = hash;
      },
      () => undefined,
    );
  }, [set]);
  const diary = care?.diary.value ?? [];
  const by = version.value && approvalOf(diary, set, version.value, languageTag());
  return (
    <p>
      <span class="tag" data-testid={by ? "approved" : "not-approved"}>
        {by ? t("check.approved", { name: by.name }) : t("wrong.draft")}
      </span>
    </p>
  );
}
