import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { App as Messages, ConfigProvider } from "antd";
import chinese from "antd/locale/zh_CN";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "@/theme/theme.css";
import "@/parts/parts.css";
import { shadeOf, show, useAppearance } from "@/theme/appearance";
import { themeOf } from "@/theme/tokens";
import { queries } from "./queries";
import { router } from "./router";
import { SessionGate } from "./SessionGate";

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce;

/** Dialogs hang in an element of their own: over the body they would lock its scrolling by a style without a nonce. */
const overlays = document.getElementById("overlays") as HTMLElement;

function Portal(): React.ReactNode {
  const appearance = useAppearance();
  return (
    <ConfigProvider
      locale={chinese}
      theme={themeOf(shadeOf(appearance), appearance.density)}
      csp={nonce ? { nonce } : undefined}
      getPopupContainer={() => overlays}
      button={{ autoInsertSpace: false }}
    >
      <Messages component={false}>
        <QueryClientProvider client={queries}>
          <SessionGate>
            <RouterProvider router={router} />
          </SessionGate>
        </QueryClientProvider>
      </Messages>
    </ConfigProvider>
  );
}

show();
createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <Portal />
  </StrictMode>,
);
