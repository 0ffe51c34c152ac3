// A test of a client on HttpURLConnection, in one file and without a library. Run it with:
//   freshtoken serve run --control -- java NightlyTest.java
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class NightlyTest {
    static final String CONTROL = System.getenv("FRESHTOKEN_CONTROL_URL");
    static final String TOKEN = System.getenv("FRESHTOKEN_CONTROL_TOKEN");
    static final String ORG = System.getenv("FRESHTOKEN_URL");
    static final String OLD = "Harbour-Light-7", NEW = "Fresh-Start-88";

    record Answer(int status, String body) {
        String field(String name) {
            Matcher found = Pattern.compile("\"" + name + "\": \"([^\"]*)\"").matcher(body);
            if (!found.find()) throw new AssertionError("no " + name + " in " + body);
            return found.group(1);
        }
    }

    static Answer send(String method, String url, String type, String body) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) new URL(url).openConnection();
        connection.setRequestMethod(method);
        connection.setConnectTimeout(20_000);
        connection.setReadTimeout(20_000);
        if (url.startsWith(CONTROL)) connection.setRequestProperty("Authorization", "Bearer " + TOKEN);
        if (!body.isEmpty()) {
            connection.setRequestProperty("Content-Type", type);
            connection.setDoOutput(true);
            connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
        }
        int status = connection.getResponseCode();
        try (InputStream read = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            return new Answer(status, new String(read.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    static Answer control(String method, String path, String body) throws IOException {
        Answer answer = send(method, CONTROL + path, "application/json", body);
        if (answer.status() >= 400) throw new AssertionError(path + ": " + answer.field("message"));
        return answer;
    }

    static Answer logIn(String password, String token) throws IOException {
        return send("POST", ORG + "/services/Soap/u/64.0", "text/xml",
            "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>"
                + "<login xmlns=\"urn:partner.soap.sforce.com\"><username>integration@acme.example</username>"
                + "<password>" + password + token + "</password></login></e:Body></e:Envelope>");
    }

    static void expect(String what, boolean holds) {
        if (!holds) throw new AssertionError(what);
        System.out.println("ok - " + what);
    }

    public static void main(String[] words) throws IOException {
        control("POST", "/reset", "{}");
        String token = control("GET", "/users/integration/token", "").field("token");
        expect("the token of the training org lets in", logIn(OLD, token).status() == 200);
        control("POST", "/users/integration/password", "{\"old\": \"" + OLD + "\", \"new\": \"" + NEW + "\"}");
        Answer refused = logIn(NEW, token);
        expect("after a password change the old token is refused",
            refused.status() == 500 && refused.body().contains("INVALID_LOGIN"));
        String mailed = control("GET", "/mail/latest?user=integration", "").field("token");
        expect("the mailed token lets in", logIn(NEW, mailed).status() == 200);
    }
}
