/** Ant Design in the colours of theme.css. Every pair of text and ground has at least 4.5 : 1. */
import { theme, type ThemeConfig } from "antd";

export type Shade = "light" | "dark";
export type Density = "dense" | "comfortable";

const FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", "Helvetica Neue", Arial, sans-serif';

const COLOURS: Record<Shade, Record<string, string>> = {
  light: {
    colorPrimary: "#1d5c9e",
    colorInfo: "#1d5c9e",
    colorLink: "#1d5c9e",
    colorSuccess: "#1a7347",
    colorWarning: "#8f5a00",
    colorError: "#b3261e",
    colorText: "#1b2430",
    colorTextSecondary: "#4d5a6a",
    colorTextTertiary: "#5c6878",
    colorTextPlaceholder: "#667283",
    colorBorder: "#b9c3cf",
    colorBorderSecondary: "#dde3ea",
    colorBgLayout: "#f3f5f8",
    colorBgContainer: "#ffffff",
  },
  dark: {
    colorPrimary: "#3d78bd",
    colorInfo: "#7db3ef",
    colorLink: "#8bbcf3",
    colorSuccess: "#6cc799",
    colorWarning: "#e2b45c",
    colorError: "#f2938b",
    colorText: "#e4e9f0",
    colorTextSecondary: "#b3bdca",
    colorTextTertiary: "#a1adbb",
    colorTextPlaceholder: "#95a2b2",
    colorBorder: "#465364",
    colorBorderSecondary: "#323d4b",
    colorBgLayout: "#12171e",
    colorBgContainer: "#1a212b",
    colorBgElevated: "#222b37",
  },
};

export function themeOf(shade: Shade, density: Density): ThemeConfig {
  const dense = density === "dense";
  return {
    algorithm: shade === "dark" ? theme.darkAlgorithm : theme.defaultAlgorithm,
    token: {
      ...COLOURS[shade],
      fontFamily: FONT,
      fontSize: dense ? 13 : 14,
      controlHeight: dense ? 28 : 34,
      borderRadius: 4,
      wireframe: false,
      motionDurationMid: "0.1s",
      motionDurationSlow: "0.14s",
    },
    components: {
      Button: { dangerColor: "#ffffff", primaryShadow: "none", defaultShadow: "none", dangerShadow: "none" },
      Modal: { titleFontSize: dense ? 15 : 16 },
    },
  };
}
