export function HomePage(): React.ReactNode {
  return <p>HomePage</p>;
}
