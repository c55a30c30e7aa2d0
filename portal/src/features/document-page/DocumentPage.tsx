export function DocumentPage(): React.ReactNode {
  return <p>DocumentPage</p>;
}
