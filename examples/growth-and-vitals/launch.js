// The record system opens this page with `iss` and `launch`; the library sends the user on to it with a challenge (PKCE).
const VITAL = "http://terminology.hl7.org/CodeSystem/observation-category|vital-signs";

FHIR.oauth2
  .authorize({
    clientId: CLIENT_ID,
    scope: `launch openid fhirUser patient/Patient.rs patient/Observation.rs?category=${VITAL}`,
    redirectUri: "index.html",
    pkceMode: "required",
  })
  .catch((error) => {
    document.getElementById("state").textContent = `Appen kom ikke inn i journalen: ${error.message}`;
  });
