/** The frame of these screens: one column, from top to bottom. */
import type { ComponentChildren } from "preact";
import { Page } from "../../ui/page";

interface FrameProps {
  readonly title: string;
  readonly about?: string;
  readonly testid: string;
  readonly children: ComponentChildren;
}

export function Frame({ title, about, testid, children }: FrameProps) {
  return (
    <Page canGoBack help={false} testid={testid}>
      <h1>{title}</h1>
      {about && <p class="soft">{about}</p>}
      {children}
    </Page>
  );
}
