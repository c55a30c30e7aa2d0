export function QueryPage(): React.ReactNode {
  return <p>QueryPage</p>;
}
