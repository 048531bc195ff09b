import eu.europa.esig.dss.asic.cades.ASiCWithCAdESSignatureParameters;
import eu.europa.esig.dss.asic.cades.ASiCWithCAdESTimestampParameters;
import eu.europa.esig.dss.asic.cades.signature.ASiCWithCAdESService;
import eu.europa.esig.dss.asic.xades.ASiCWithXAdESSignatureParameters;
import eu.europa.esig.dss.asic.xades.signature.ASiCWithXAdESService;
import eu.europa.esig.dss.cades.CAdESSignatureParameters;
import eu.europa.esig.dss.cades.signature.CAdESCounterSignatureParameters;
import eu.europa.esig.dss.cades.signature.CAdESService;
import eu.europa.esig.dss.enumerations.ASiCContainerType;
import eu.europa.esig.dss.enumerations.CertificationPermission;
import eu.europa.esig.dss.enumerations.CommitmentTypeEnum;
import eu.europa.esig.dss.enumerations.DigestAlgorithm;
import eu.europa.esig.dss.enumerations.JWSSerializationType;
import eu.europa.esig.dss.enumerations.ObjectIdentifierQualifier;
import eu.europa.esig.dss.enumerations.SigDMechanism;
import eu.europa.esig.dss.enumerations.SignatureLevel;
import eu.europa.esig.dss.enumerations.SignaturePackaging;
import eu.europa.esig.dss.jades.JAdESSignatureParameters;
import eu.europa.esig.dss.jades.signature.JAdESCounterSignatureParameters;
import eu.europa.esig.dss.jades.signature.JAdESService;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.Policy;
import eu.europa.esig.dss.model.SignaturePolicyStore;
import eu.europa.esig.dss.model.SignatureValue;
import eu.europa.esig.dss.model.SignerLocation;
import eu.europa.esig.dss.model.SpDocSpecification;
import eu.europa.esig.dss.model.ToBeSigned;
import eu.europa.esig.dss.pades.PAdESSignatureParameters;
import eu.europa.esig.dss.pades.PAdESTimestampParameters;
import eu.europa.esig.dss.pades.SignatureImageParameters;
import eu.europa.esig.dss.pades.SignatureImageTextParameters;
import eu.europa.esig.dss.pades.signature.PAdESService;
import eu.europa.esig.dss.service.crl.OnlineCRLSource;
import eu.europa.esig.dss.service.http.commons.TimestampDataLoader;
import eu.europa.esig.dss.service.ocsp.OnlineOCSPSource;
import eu.europa.esig.dss.service.tsp.OnlineTSPSource;
import eu.europa.esig.dss.signature.AbstractSignatureParameters;
import eu.europa.esig.dss.spi.DSSASN1Utils;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.signature.AdvancedSignature;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonCertificateSource;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.token.DSSPrivateKeyEntry;
import eu.europa.esig.dss.token.Pkcs12SignatureToken;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.xades.XAdESSignatureParameters;
import eu.europa.esig.dss.xades.reference.CanonicalizationTransform;
import eu.europa.esig.dss.xades.signature.XAdESCounterSignatureParameters;
import eu.europa.esig.dss.xades.signature.XAdESService;
import eu.europa.esig.dss.xades.signature.XmlPolicyWithTransforms;
import eu.europa.esig.dss.xml.utils.XMLCanonicalizer;
import java.io.File;
import java.io.IOException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import javax.xml.crypto.dsig.CanonicalizationMethod;

/**
 * Signs with EU DSS in every way that zegel must understand.
 *
 * <p>Usage: Maker FOLDER BASE. FOLDER holds root.pem, citizen.pem, stamps.pem, signer.p12 (password "test"), plain.pdf,
 * doc.txt, doc.xml, and policy.txt, policy.xml and policy.der; BASE is where the laboratory's services answer. Prints the name of each file it writes, and after a
 * tab the document that stands beside it.
 */
public final class Maker {
  private static final String[] LEVELS = {"B", "T", "LT", "LTA"};

  private final File folder;
  private final CommonCertificateVerifier verifier = new CommonCertificateVerifier();
  private final Pkcs12SignatureToken token;
  private final DSSPrivateKeyEntry key;
  private final PAdESService pades;
  private final XAdESService xades;
  private final CAdESService cades;
  private final JAdESService jades;
  private final ASiCWithXAdESService asicXades;
  private final ASiCWithCAdESService asicCades;

  private interface Change<P> {
    void to(P parameters);
  }

  private Maker(File folder, String base) throws IOException {
    this.folder = folder;
    var trusted = new CommonTrustedCertificateSource();
    trusted.addCertificate(DSSUtils.loadCertificate(new File(folder, "root.pem")));
    var others = new CommonCertificateSource();
    others.addCertificate(DSSUtils.loadCertificate(new File(folder, "citizen.pem")));
    others.addCertificate(DSSUtils.loadCertificate(new File(folder, "stamps.pem")));
    verifier.setTrustedCertSources(trusted);
    verifier.addAdjunctCertSources(others);
    verifier.setAIASource(null);
    verifier.setOcspSource(new OnlineOCSPSource());
    verifier.setCrlSource(new OnlineCRLSource());
    var stamps = new OnlineTSPSource(base + "/tsa");
    stamps.setDataLoader(new TimestampDataLoader());
    var password = new KeyStore.PasswordProtection("test".toCharArray());
    token = new Pkcs12SignatureToken(new File(folder, "signer.p12"), password);
    key = token.getKeys().get(0);
    pades = new PAdESService(verifier);
    xades = new XAdESService(verifier);
    cades = new CAdESService(verifier);
    jades = new JAdESService(verifier);
    asicXades = new ASiCWithXAdESService(verifier);
    asicCades = new ASiCWithCAdESService(verifier);
    pades.setTspSource(stamps);
    xades.setTspSource(stamps);
    cades.setTspSource(stamps);
    jades.setTspSource(stamps);
    asicXades.setTspSource(stamps);
    asicCades.setTspSource(stamps);
  }

  public static void main(String[] arguments) throws IOException {
    new Maker(new File(arguments[0]), arguments[1]).make();
  }

  private void make() throws IOException {
    for (String level : LEVELS) {
      everyPackaging(level);
    }
    for (String level : List.of("T", "LTA")) {
      everyStatement(level);
      everySecond(level);
    }
    renewed();
    countersigned();
    stampedAlone();
    underPolicy();
  }

  private void everyPackaging(String level) throws IOException {
    save("pades-" + level + ".pdf", pdf(file("plain.pdf"), level, p -> {}));
    save("xades-enveloped-" + level + ".xml", xml(SignaturePackaging.ENVELOPED, level, p -> {}));
    save("xades-enveloping-" + level + ".xml", xml(SignaturePackaging.ENVELOPING, level, p -> {}));
    save("xades-embedded-" + level + ".xml", xml(SignaturePackaging.ENVELOPING, level, p -> p.setEmbedXML(true)));
    save("xades-old-" + level + ".xml", xml(SignaturePackaging.ENVELOPING, level, p -> p.setEn319132(false)));
    save("xades-detached-" + level + ".xml", xml(SignaturePackaging.DETACHED, level, p -> {}), "doc.xml");
    save("cades-attached-" + level + ".p7s", cms(file("doc.txt"), SignaturePackaging.ENVELOPING, level, p -> {}));
    save("cades-detached-" + level + ".p7s", cms(file("doc.txt"), SignaturePackaging.DETACHED, level, p -> {}), "doc.txt");
    for (var written : JWSSerializationType.values()) {
      if (written == JWSSerializationType.COMPACT_SERIALIZATION && !level.equals("B")) {
        continue;
      }
      String name = "jades-" + written.name().split("_")[0].toLowerCase() + "-";
      save(name + "attached-" + level + ".json", jws(SignaturePackaging.ENVELOPING, level, written, p -> {}));
      for (var mechanism : SigDMechanism.values()) {
        if (mechanism != SigDMechanism.HTTP_HEADERS) {
          save(
              name + mechanism.name().toLowerCase() + "-" + level + ".json",
              jws(SignaturePackaging.DETACHED, level, written, p -> p.setSigDMechanism(mechanism)),
              "doc.txt");
        }
      }
    }
    for (var kind : ASiCContainerType.values()) {
      save("xades-" + kind + "-" + level + ".zip", containerXades(List.of(file("doc.txt")), kind, level));
      save("cades-" + kind + "-" + level + ".zip", containerCades(List.of(file("doc.txt")), kind, level));
    }
  }

  /** What a signer may say beside the content, and time-stamps over the content. */
  private void everyStatement(String level) throws IOException {
    var flat = JWSSerializationType.FLATTENED_JSON_SERIALIZATION;
    save("pades-stated-" + level + ".pdf", pdf(file("plain.pdf"), level, Maker::state));
    save("xades-stated-" + level + ".xml", xml(SignaturePackaging.ENVELOPED, level, Maker::state));
    save("cades-stated-" + level + ".p7s", cms(file("doc.txt"), SignaturePackaging.ENVELOPING, level, Maker::state));
    save("jades-stated-" + level + ".json", jws(SignaturePackaging.ENVELOPING, level, flat, Maker::state));
    save("pades-visible-" + level + ".pdf", pdf(file("plain.pdf"), level, Maker::show));
    save("jades-plain-" + level + ".json",
        jws(SignaturePackaging.ENVELOPING, level, flat, p -> p.setBase64UrlEncodedPayload(false)));
    save("xades-content-" + level + ".xml", xml(SignaturePackaging.ENVELOPED, level,
        p -> p.setContentTimestamps(List.of(xades.getContentTimestamp(file("doc.xml"), p)))));
    save("cades-content-" + level + ".p7s", cms(file("doc.txt"), SignaturePackaging.ENVELOPING, level,
        p -> p.setContentTimestamps(List.of(
            cades.getContentTimestamp(file("doc.txt"), p), cades.getContentTimestamp(file("doc.txt"), p)))));
    save("jades-content-" + level + ".json", jws(SignaturePackaging.ENVELOPING, level, flat,
        p -> p.setContentTimestamps(List.of(jades.getContentTimestamp(file("doc.txt"), p)))));
  }

  private void everySecond(String level) throws IOException {
    save("pades-two-" + level + ".pdf", pdf(pdf(file("plain.pdf"), level, p -> {}), level, p -> {}));
    save("pades-certified-" + level + ".pdf",
        pdf(pdf(file("plain.pdf"), level, p -> p.setPermission(CertificationPermission.MINIMAL_CHANGES_PERMITTED)),
            level, p -> {}));
    var enveloped = SignaturePackaging.ENVELOPED;
    save("xades-two-" + level + ".xml", xml(xml(enveloped, level, p -> {}), enveloped, level, p -> {}));
    var attached = SignaturePackaging.ENVELOPING;
    save("cades-two-" + level + ".p7s", cms(cms(file("doc.txt"), attached, level, p -> {}), attached, level, p -> {}));
    var general = JWSSerializationType.JSON_SERIALIZATION;
    save("jades-two-" + level + ".json",
        jws(jws(attached, level, general, p -> {}), attached, level, general, p -> {}));
    var files = List.of(file("doc.txt"), file("doc.xml"));
    var kind = ASiCContainerType.ASiC_E;
    save("xades-container-two-" + level + ".zip", containerXades(List.of(containerXades(files, kind, level)), kind, level));
    save("cades-container-two-" + level + ".zip", containerCades(List.of(containerCades(files, kind, level)), kind, level));
  }

  private void renewed() throws IOException {
    save("pades-renewed.pdf", pades.extendDocument(
        pdf(file("plain.pdf"), "LTA", p -> {}), of(new PAdESSignatureParameters(), "PAdES", "LTA")));
    save("xades-renewed.xml", xades.extendDocument(
        xml(SignaturePackaging.ENVELOPED, "LTA", p -> {}), of(new XAdESSignatureParameters(), "XAdES", "LTA")));
    save("cades-renewed.p7s", cades.extendDocument(
        cms(file("doc.txt"), SignaturePackaging.ENVELOPING, "LTA", p -> {}),
        of(new CAdESSignatureParameters(), "CAdES", "LTA")));
    var flat = JWSSerializationType.FLATTENED_JSON_SERIALIZATION;
    var json = of(new JAdESSignatureParameters(), "JAdES", "LTA");
    json.setJwsSerializationType(flat);
    save("jades-renewed.json",
        jades.extendDocument(jws(SignaturePackaging.ENVELOPING, "LTA", flat, p -> {}), json));
    for (var kind : ASiCContainerType.values()) {
      var withXades = of(new ASiCWithXAdESSignatureParameters(), "XAdES", "LTA");
      withXades.aSiC().setContainerType(kind);
      save("xades-" + kind + "-renewed.zip",
          asicXades.extendDocument(containerXades(List.of(file("doc.txt")), kind, "LTA"), withXades));
      var withCades = of(new ASiCWithCAdESSignatureParameters(), "CAdES", "LTA");
      withCades.aSiC().setContainerType(kind);
      save("cades-" + kind + "-renewed.zip",
          asicCades.extendDocument(containerCades(List.of(file("doc.txt")), kind, "LTA"), withCades));
    }
  }

  /**
   * On a signature, on the counter-signature there (EU DSS makes none in CAdES), and under an archive time-stamp of the
   * signature around.
   */
  private void countersigned() throws IOException {
    DSSDocument xml = overXml(xml(SignaturePackaging.ENVELOPED, "LT", p -> {}), 0);
    save("xades-counter.xml", xml);
    save("xades-counter-deep.xml", overXml(xml, 1));
    save("xades-counter-under.xml", xades.extendDocument(xml, of(new XAdESSignatureParameters(), "XAdES", "LTA")));
    DSSDocument message = overMessage(cms(file("doc.txt"), SignaturePackaging.ENVELOPING, "LT", p -> {}));
    save("cades-counter.p7s", message);
    save("cades-counter-under.p7s",
        cades.extendDocument(message, of(new CAdESSignatureParameters(), "CAdES", "LTA")));
    var flat = JWSSerializationType.FLATTENED_JSON_SERIALIZATION;
    for (var outer : List.of(JWSSerializationType.JSON_SERIALIZATION, flat)) {
      for (var inner : List.of(JWSSerializationType.COMPACT_SERIALIZATION, flat)) {
        String name = "jades-counter-" + outer.name().charAt(0) + inner.name().charAt(0);
        DSSDocument json = overJson(jws(SignaturePackaging.ENVELOPING, "LT", outer, p -> {}), 0, inner);
        save(name + ".json", json);
        var parameters = of(new JAdESSignatureParameters(), "JAdES", "LTA");
        parameters.setJwsSerializationType(outer);
        save(name + "-under.json", jades.extendDocument(json, parameters));
        if (inner == flat) {
          save(name + "-deep.json", overJson(json, 1, inner));
        }
      }
    }
    for (var kind : ASiCContainerType.values()) {
      DSSDocument withXades = containerXades(List.of(file("doc.txt")), kind, "LT");
      var overXades = of(new XAdESCounterSignatureParameters(), "XAdES", "B");
      overXades.setSignatureIdToCounterSign(signature(withXades, 0));
      save("xades-" + kind + "-counter.zip", asicXades.counterSignSignature(
          withXades, overXades, value(asicXades.getDataToBeCounterSigned(withXades, overXades))));
      DSSDocument withCades = containerCades(List.of(file("doc.txt")), kind, "LT");
      var overCades = of(new CAdESCounterSignatureParameters(), "CAdES", "B");
      overCades.setSignatureIdToCounterSign(signature(withCades, 0));
      save("cades-" + kind + "-counter.zip", asicCades.counterSignSignature(
          withCades, overCades, value(asicCades.getDataToBeCounterSigned(withCades, overCades))));
    }
  }

  private DSSDocument overXml(DSSDocument document, int on) {
    var parameters = of(new XAdESCounterSignatureParameters(), "XAdES", "B");
    parameters.setSignatureIdToCounterSign(signature(document, on));
    return xades.counterSignSignature(
        document, parameters, value(xades.getDataToBeCounterSigned(document, parameters)));
  }

  private DSSDocument overMessage(DSSDocument document) {
    var parameters = of(new CAdESCounterSignatureParameters(), "CAdES", "B");
    parameters.setSignatureIdToCounterSign(signature(document, 0));
    return cades.counterSignSignature(
        document, parameters, value(cades.getDataToBeCounterSigned(document, parameters)));
  }

  private DSSDocument overJson(DSSDocument document, int on, JWSSerializationType written) {
    var parameters = of(new JAdESCounterSignatureParameters(), "JAdES", "B");
    parameters.setJwsSerializationType(written);
    parameters.setSignatureIdToCounterSign(signature(document, on));
    return jades.counterSignSignature(
        document, parameters, value(jades.getDataToBeCounterSigned(document, parameters)));
  }

  private void stampedAlone() throws IOException {
    save("stamp.pdf", pades.timestamp(file("plain.pdf"), new PAdESTimestampParameters(DigestAlgorithm.SHA256)));
    for (var kind : ASiCContainerType.values()) {
      var parameters = new ASiCWithCAdESTimestampParameters(DigestAlgorithm.SHA256);
      parameters.aSiC().setContainerType(kind);
      save("stamp-" + kind + ".zip", asicCades.timestamp(List.of(file("doc.txt")), parameters));
    }
  }

  /** Under a signature policy, its document in the signature where the format has a place for it. */
  private void underPolicy() throws IOException {
    var attached = SignaturePackaging.ENVELOPING;
    var flat = JWSSerializationType.FLATTENED_JSON_SERIALIZATION;
    byte[] text = DSSUtils.toByteArray(file("policy.txt"));
    byte[] plain = DSSUtils.digest(DigestAlgorithm.SHA256, text);
    save("pades-policy-LT.pdf", pdf(file("plain.pdf"), "LT", p -> p.bLevel().setSignaturePolicy(policy(plain))));
    DSSDocument message = cms(file("doc.txt"), attached, "LT", p -> p.bLevel().setSignaturePolicy(policy(plain)));
    save("cades-policy-LT.p7s", message);
    save("cades-policy-stored-LT.p7s", cades.addSignaturePolicyStore(message, stored("policy.txt")));
    byte[] inside = DSSASN1Utils.getAsn1SignaturePolicyDigest(
        DigestAlgorithm.SHA256, DSSUtils.toByteArray(file("policy.der")));
    message = cms(file("doc.txt"), attached, "LT", p -> p.bLevel().setSignaturePolicy(policy(inside)));
    save("cades-policy-asn1-stored-LT.p7s", cades.addSignaturePolicyStore(message, stored("policy.der")));
    DSSDocument xml =
        xml(SignaturePackaging.ENVELOPED, "LT", p -> p.bLevel().setSignaturePolicy(policy(plain)));
    save("xades-policy-LT.xml", xml);
    save("xades-policy-stored-LT.xml", xades.addSignaturePolicyStore(xml, stored("policy.txt")));
    var canonical = new XmlPolicyWithTransforms();
    canonical.setTransforms(List.of(new CanonicalizationTransform(CanonicalizationMethod.EXCLUSIVE)));
    byte[] octets = XMLCanonicalizer.createInstance(CanonicalizationMethod.EXCLUSIVE)
        .canonicalize(DSSUtils.toByteArray(file("policy.xml")));
    fill(canonical, DSSUtils.digest(DigestAlgorithm.SHA256, octets));
    xml = xml(SignaturePackaging.ENVELOPED, "LT", p -> p.bLevel().setSignaturePolicy(canonical));
    save("xades-policy-canonical-stored-LT.xml", xades.addSignaturePolicyStore(xml, stored("policy.xml")));
    DSSDocument json = jws(attached, "LT", flat, p -> p.bLevel().setSignaturePolicy(policy(plain)));
    save("jades-policy-LT.json", json);
    save("jades-policy-stored-LT.json", jades.addSignaturePolicyStore(json, stored("policy.txt")));
  }

  private static Policy policy(byte[] digest) {
    return fill(new Policy(), digest);
  }

  private static Policy fill(Policy policy, byte[] digest) {
    policy.setId("2.16.56.13.6.1");
    policy.setQualifier(ObjectIdentifierQualifier.OID_AS_URN);
    policy.setDigestAlgorithm(DigestAlgorithm.SHA256);
    policy.setDigestValue(digest);
    policy.setSpuri("https://beleid.test/1");
    return policy;
  }

  private SignaturePolicyStore stored(String name) {
    var specification = new SpDocSpecification();
    specification.setId("0.4.0.19122.2.1");
    specification.setQualifier(ObjectIdentifierQualifier.OID_AS_URN);
    var store = new SignaturePolicyStore();
    store.setSignaturePolicyContent(file(name));
    store.setSpDocSpecification(specification);
    return store;
  }

  private static void state(AbstractSignatureParameters<?> parameters) {
    parameters.bLevel().setClaimedSignerRoles(List.of("TEST burgemeester"));
    parameters.bLevel().setCommitmentTypeIndications(List.of(CommitmentTypeEnum.ProofOfApproval));
    if (!(parameters instanceof PAdESSignatureParameters)) {
      var place = new SignerLocation();
      place.setLocality("Teststad");
      place.setCountry("BE");
      parameters.bLevel().setSignerLocation(place);
    }
  }

  private static void show(PAdESSignatureParameters parameters) {
    var text = new SignatureImageTextParameters();
    text.setText("TEST");
    var image = new SignatureImageParameters();
    image.setTextParameters(text);
    image.getFieldParameters().setOriginX(50);
    image.getFieldParameters().setOriginY(50);
    image.getFieldParameters().setWidth(150);
    image.getFieldParameters().setHeight(50);
    parameters.setImageParameters(image);
  }

  private <P extends AbstractSignatureParameters<?>> P of(P parameters, String format, String level) {
    parameters.setSignatureLevel(SignatureLevel.valueOf(format + "_BASELINE_" + level));
    parameters.setSigningCertificate(key.getCertificate());
    parameters.setCertificateChain(key.getCertificateChain());
    parameters.setDigestAlgorithm(DigestAlgorithm.SHA384);
    return parameters;
  }

  private DSSDocument pdf(DSSDocument document, String level, Change<PAdESSignatureParameters> change) {
    var parameters = of(new PAdESSignatureParameters(), "PAdES", level);
    change.to(parameters);
    return pades.signDocument(document, parameters, value(pades.getDataToSign(document, parameters)));
  }

  private DSSDocument xml(SignaturePackaging packaging, String level, Change<XAdESSignatureParameters> change) {
    return xml(file("doc.xml"), packaging, level, change);
  }

  private DSSDocument xml(
      DSSDocument document, SignaturePackaging packaging, String level, Change<XAdESSignatureParameters> change) {
    var parameters = of(new XAdESSignatureParameters(), "XAdES", level);
    parameters.setSignaturePackaging(packaging);
    change.to(parameters);
    return xades.signDocument(document, parameters, value(xades.getDataToSign(document, parameters)));
  }

  private DSSDocument cms(
      DSSDocument document, SignaturePackaging packaging, String level, Change<CAdESSignatureParameters> change) {
    var parameters = of(new CAdESSignatureParameters(), "CAdES", level);
    parameters.setSignaturePackaging(packaging);
    change.to(parameters);
    return cades.signDocument(document, parameters, value(cades.getDataToSign(document, parameters)));
  }

  private DSSDocument jws(
      SignaturePackaging packaging, String level, JWSSerializationType written, Change<JAdESSignatureParameters> change) {
    return jws(file("doc.txt"), packaging, level, written, change);
  }

  private DSSDocument jws(
      DSSDocument document,
      SignaturePackaging packaging,
      String level,
      JWSSerializationType written,
      Change<JAdESSignatureParameters> change) {
    var parameters = of(new JAdESSignatureParameters(), "JAdES", level);
    parameters.setSignaturePackaging(packaging);
    parameters.setJwsSerializationType(written);
    change.to(parameters);
    return jades.signDocument(document, parameters, value(jades.getDataToSign(document, parameters)));
  }

  private DSSDocument containerXades(List<DSSDocument> files, ASiCContainerType kind, String level) {
    var parameters = of(new ASiCWithXAdESSignatureParameters(), "XAdES", level);
    parameters.aSiC().setContainerType(kind);
    return asicXades.signDocument(files, parameters, value(asicXades.getDataToSign(files, parameters)));
  }

  private DSSDocument containerCades(List<DSSDocument> files, ASiCContainerType kind, String level) {
    var parameters = of(new ASiCWithCAdESSignatureParameters(), "CAdES", level);
    parameters.aSiC().setContainerType(kind);
    return asicCades.signDocument(files, parameters, value(asicCades.getDataToSign(files, parameters)));
  }

  private SignatureValue value(ToBeSigned data) {
    return token.sign(data, DigestAlgorithm.SHA384, key);
  }

  /** The identifier of the signature that stands {@code deep} counter-signatures deep on the first one. */
  private String signature(DSSDocument document, int deep) {
    var validator = SignedDocumentValidator.fromDocument(document);
    validator.setCertificateVerifier(verifier);
    AdvancedSignature found = validator.getSignatures().get(0);
    for (int step = 0; step < deep; step++) {
      found = found.getCounterSignatures().get(0);
    }
    return found.getId();
  }

  private DSSDocument file(String name) {
    return new FileDocument(new File(folder, name));
  }

  private void save(String name, DSSDocument document, String... beside) throws IOException {
    document.save(new File(folder, name).getPath());
    var line = new ArrayList<String>();
    line.add(name);
    line.addAll(List.of(beside));
    System.out.println(String.join("\t", line));
  }
}
