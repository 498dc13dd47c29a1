// Reads the patient in context and the vital signs, and draws one curve for each kind of measurement.
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 640, HEIGHT = 160, EDGE = 16;

function made(name, attributes = {}, text = "") {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

// One point for each value of an Observation; blood pressure has two.
function points(observation) {
  const when = observation.effectiveDateTime || observation.effectivePeriod?.start;
  return [observation, ...(observation.component || [])]
    .filter((each) => each.valueQuantity && when)
    .map((each) => ({
      kind: each.code.text || each.code.coding?.[0]?.display || "",
      value: each.valueQuantity.value,
      unit: each.valueQuantity.unit || each.valueQuantity.code || "",
      when: new Date(when),
    }));
}

function curve(found) {
  const times = found.map((each) => each.when.getTime()), values = found.map((each) => each.value);
  const place = (value, all, size) => {
    const [low, high] = [Math.min(...all), Math.max(...all)];
    return EDGE + (high > low ? (value - low) / (high - low) : 0.5) * (size - 2 * EDGE);
  };
  const dots = found.map((each) => [place(each.when.getTime(), times, WIDTH), HEIGHT - place(each.value, values, HEIGHT)]);
  const drawing = made("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${found.length} målinger` });
  drawing.append(made("polyline", { points: dots.map((dot) => dot.join(",")).join(" ") }));
  for (const [x, y] of dots) drawing.append(made("circle", { cx: x, cy: y, r: 4 }));
  return drawing;
}

function section(kind, found) {
  const last = found[found.length - 1], part = document.createElement("section");
  const heading = document.createElement("h2"), now = document.createElement("p");
  heading.textContent = kind;
  now.textContent = `${last.value.toLocaleString("nb")} ${last.unit}, ${last.when.toLocaleDateString("nb")}`;
  part.append(heading, now, curve(found));
  return part;
}

async function show(client) {
  const [patient, observations] = await Promise.all([
    client.patient.read(),
    client.request(`Observation?patient=${client.patient.id}&_sort=date&_count=200`, { pageLimit: 0, flat: true }),
  ]);
  const name = patient.name?.[0] || {};
  document.getElementById("who").textContent = [...(name.given || []), name.family].filter(Boolean).join(" ");
  const series = new Map();
  for (const point of observations.flatMap(points)) {
    series.set(point.kind, [...(series.get(point.kind) || []), point]);
  }
  document.getElementById("series").append(...[...series].map(([kind, found]) => section(kind, found)));
  document.getElementById("state").textContent = series.size ? `${observations.length} målinger` : "Ingen målinger er registrert.";
}

FHIR.oauth2.ready().then(show).catch((error) => {
  document.getElementById("state").textContent = `Målingene kunne ikke hentes: ${error.message}`;
});
