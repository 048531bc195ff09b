import eu.europa.esig.dss.jaxb.object.Message;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.simplereport.jaxb.XmlTimestamp;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;

/**
 * Says what EU DSS, with its default policy and no network, thinks of files.
 *
 * <p>Each line of the standard input is one file, its parts parted by tabs: the trust anchor (DER or PEM), the moment to
 * judge at in milliseconds, the file, and for each document beside it NAME=PATH. Each gets one line of JSON, in order.
 */
public final class Judge {
  private Judge() {}

  public static void main(String[] arguments) throws IOException {
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String answer;
      try {
        answer = judge(line.split("\t"));
      } catch (RuntimeException | StackOverflowError problem) {
        answer = "{\"signatures\":[],\"error\":" + text(problem) + "}";
      }
      System.out.println(answer);
    }
  }

  private static String judge(String[] parts) {
    var anchors = new CommonTrustedCertificateSource();
    anchors.addCertificate(DSSUtils.loadCertificate(new File(parts[0])));
    var verifier = new CommonCertificateVerifier();
    verifier.setTrustedCertSources(anchors);
    verifier.setAIASource(null);
    var validator = SignedDocumentValidator.fromDocument(new FileDocument(new File(parts[2])));
    validator.setCertificateVerifier(verifier);
    validator.setValidationTime(new Date(Long.parseLong(parts[1])));
    List<DSSDocument> beside = new ArrayList<>();
    for (int index = 3; index < parts.length; index++) {
      String[] named = parts[index].split("=", 2);
      var document = new FileDocument(new File(named[1]));
      document.setName(named[0]);
      beside.add(document);
    }
    if (!beside.isEmpty()) {
      validator.setDetachedContents(beside);
    }
    SimpleReport report = validator.validateDocument().getSimpleReport();
    var signatures = new ArrayList<String>();
    for (String id : report.getSignatureIdList()) {
      signatures.add(signature(report, id));
    }
    var stamps = new ArrayList<String>();
    for (String id : report.getTimestampIdList()) {
      stamps.add(text(report.getIndication(id)));
    }
    return "{\"signatures\":" + list(signatures) + ",\"stamps\":" + list(stamps) + "}";
  }

  private static String signature(SimpleReport report, String id) {
    var stamps = new ArrayList<String>();
    for (XmlTimestamp stamp : report.getSignatureTimestamps(id)) {
      stamps.add(text(stamp.getIndication()));
    }
    return "{\"format\":" + text(report.getSignatureFormat(id))
        + ",\"indication\":" + text(report.getIndication(id))
        + ",\"sub_indication\":" + text(report.getSubIndication(id))
        + ",\"errors\":" + messages(report.getAdESValidationErrors(id))
        + ",\"warnings\":" + messages(report.getAdESValidationWarnings(id))
        + ",\"stamps\":" + list(stamps) + "}";
  }

  private static String messages(List<Message> messages) {
    return list(messages.stream().map(message -> text(message.getValue())).toList());
  }

  private static String list(List<String> values) {
    return "[" + String.join(",", values) + "]";
  }

  private static String text(Object value) {
    if (value == null) {
      return "null";
    }
    var text = new StringBuilder("\"");
    value.toString().chars().forEach(c -> {
      if (c == '"' || c == '\\') {
        text.append('\\').append((char) c);
      } else if (c < ' ') {
        text.append(String.format("\\u%04x", c));
      } else {
        text.append((char) c);
      }
    });
    return text.append('"').toString();
  }
}
