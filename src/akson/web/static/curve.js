// Draws the curves of medical equipment, also those that come into the page later. What they show is told in words beside them.
function draw(root) {
  for (const place of root.querySelectorAll("[data-curve]:empty")) {
    const [seconds, values] = JSON.parse(place.dataset.curve);
    const axis = { stroke: "#595c60", font: "12px Inter", grid: { stroke: "#e3e4e6", width: 1 }, ticks: { show: false } };
    const size = () => ({ width: place.clientWidth, height: 140 });
    const plot = new uPlot(
      {
        ...size(),
        cursor: { show: false },
        legend: { show: false },
        scales: { x: { time: false } },
        axes: [{ ...axis, values: (_, at) => at.map((each) => `${each.toLocaleString(document.documentElement.lang)} s`) }, { ...axis, size: 44 }],
        series: [{}, { stroke: "#0062ba", width: 1.5, points: { show: false }, spanGaps: false }],
      },
      [seconds, values],
      place,
    );
    new ResizeObserver(() => plot.setSize(size())).observe(place);
  }
}

document.addEventListener("htmx:after:swap", () => draw(document));
draw(document);
