// Draws the curves. The numbers stand in the page; the table under each curve is there for everyone.
const COLOURS = ["#0062ba", "#b81a1a", "#1d6b3a"];

for (const place of document.querySelectorAll("[data-trend]")) {
  const columns = JSON.parse(place.dataset.trend);
  const names = JSON.parse(place.dataset.names);
  const day = new Intl.DateTimeFormat(place.dataset.language, { day: "numeric", month: "numeric" });
  const axis = { stroke: "#595c60", font: "12px Inter", grid: { stroke: "#e3e4e6", width: 1 }, ticks: { show: false } };
  const plot = new uPlot(
    {
      width: place.clientWidth,
      height: 170,
      cursor: { show: false },
      legend: { show: true, live: false },
      axes: [{ ...axis, grid: { show: false }, values: (_, moments) => moments.map((at) => day.format(at * 1000)) }, { ...axis, size: 36 }],
      series: [{}, ...names.map((label, n) => ({ label, stroke: COLOURS[n], width: 2, dash: n ? [6, 3] : undefined, points: { show: true, size: 5 }, spanGaps: true }))],
    },
    columns,
    place,
  );
  new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: 170 })).observe(place);
}
