import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.TreeSet;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.verapdf.core.ModelParsingException;
import org.verapdf.core.ValidationException;
import org.verapdf.core.EncryptedPdfException;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;

/**
 * Says which rules of a PDF standard files break.
 *
 * <p>Each line of the standard input is the standard (`1a`, `2b`, `ua1`), a tab, and a file. Each gets one line, in order:
 * `ok`, and every rule that is broken as `clause-test`, parted by blanks; or `error` and what went wrong.
 */
public final class Judge {
  private Judge() {}

  public static void main(String[] arguments) throws IOException {
    Logger.getLogger("").setLevel(Level.OFF);
    VeraGreenfieldFoundryProvider.initialise();
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String answer;
      try {
        String[] parts = line.split("\t");
        answer = judge(PDFAFlavour.byFlavourId(parts[0]), parts[1]);
      } catch (Exception | StackOverflowError problem) {
        answer = "error " + String.valueOf(problem).replace('\n', ' ');
      }
      System.out.println(answer);
    }
  }

  private static String judge(PDFAFlavour standard, String file)
      throws IOException, ModelParsingException, ValidationException, EncryptedPdfException {
    if (standard == PDFAFlavour.NO_FLAVOUR) {
      throw new IOException("no such standard");
    }
    try (var bytes = new FileInputStream(file);
        var parser = Foundries.defaultInstance().createParser(bytes, standard);
        var validator = Foundries.defaultInstance().createValidator(standard, false)) {
      var broken = new TreeSet<String>();
      for (TestAssertion assertion : validator.validate(parser).getTestAssertions()) {
        if (assertion.getStatus() == TestAssertion.Status.FAILED) {
          broken.add(assertion.getRuleId().getClause() + "-" + assertion.getRuleId().getTestNumber());
        }
      }
      return ("ok " + String.join(" ", broken)).strip();
    }
  }
}
