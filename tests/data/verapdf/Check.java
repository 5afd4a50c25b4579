import java.io.File;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Prints one line for each file: its verdict, its name and the clauses it breaks. */
public class Check {
    public static void main(String[] files) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        PDFAFlavour flavour = PDFAFlavour.PDFA_2_B;
        for (String file : files) {
            try (PDFAParser parser = Foundries.defaultInstance().createParser(new File(file), flavour)) {
                PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false);
                ValidationResult result = validator.validate(parser);
                StringBuilder broken = new StringBuilder();
                for (TestAssertion assertion : result.getTestAssertions()) {
                    broken.append(' ').append(assertion.getRuleId().getClause()).append('-')
                          .append(assertion.getRuleId().getTestNumber()).append(": ").append(assertion.getMessage())
                          .append(" @").append(assertion.getLocation().getContext());
                }
                System.out.println((result.isCompliant() ? "pass " : "fail ") + file + broken);
            }
        }
    }
}
