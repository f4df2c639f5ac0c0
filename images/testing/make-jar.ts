import { makeZip, type ZipInput } from './make-zip.ts';

/** A manifest with these attributes. */
export function manifest(attributes: Readonly<Record<string, string>>): ZipInput {
  const lines = Object.entries({ 'Manifest-Version': '1.0', ...attributes }).map(([name, value]) => `${name}: ${value}`);
  return { name: 'META-INF/MANIFEST.MF', content: `${lines.join('\r\n')}\r\n\r\n` };
}

/** A shaded Camel Main JAR, as small as it gets. */
export function camelMainEntries(version = '4.18.0'): readonly ZipInput[] {
  return [
    manifest({ 'Main-Class': 'com.acme.Orders' }),
    { name: 'com/acme/Orders.class', content: 'class bytes' },
    { name: 'org/apache/camel/main/Main.class', content: 'class bytes' },
    { name: 'META-INF/maven/org.apache.camel/camel-main/pom.properties', content: `artifactId=camel-main\ngroupId=org.apache.camel\nversion=${version}\n` },
    { name: 'META-INF/services/org/apache/camel/component/timer', content: 'class=org.apache.camel.component.timer.TimerComponent' },
    { name: 'META-INF/services/org/apache/camel/component/seda', content: 'class=org.apache.camel.component.seda.SedaComponent' },
    { name: 'camel/orders.camel.yaml', content: '- route: {}\n' },
  ];
}

export const layersIndex = ['- "dependencies":', '  - "BOOT-INF/lib/camel-api-4.18.0.jar"', '  - "BOOT-INF/lib/zlib-1.0.jar"', '- "spring-boot-loader":', '  - "org/"', '- "snapshot-dependencies":', '  - "BOOT-INF/lib/ours-1.0-SNAPSHOT.jar"', '- "application":', '  - "BOOT-INF/classes/"', '  - "META-INF/"', ''].join('\n');

/** A Spring Boot JAR in its usual form: stored libraries, a launcher, classes. `classes` stands in for what a rebuild changes. */
export function springBootEntries(classes = 'class bytes'): readonly ZipInput[] {
  const library = (name: string, inside: readonly ZipInput[]): ZipInput => ({ name: `BOOT-INF/lib/${name}`, content: makeZip(inside.map((entry) => ({ ...entry, stored: true }))), stored: true });
  return [
    manifest({
      'Main-Class': 'org.springframework.boot.loader.launch.JarLauncher',
      'Start-Class': 'com.acme.Billing',
      'Spring-Boot-Version': '3.5.10',
      'Spring-Boot-Classes': 'BOOT-INF/classes/',
      'Spring-Boot-Lib': 'BOOT-INF/lib/',
      'Spring-Boot-Classpath-Index': 'BOOT-INF/classpath.idx',
      'Spring-Boot-Layers-Index': 'BOOT-INF/layers.idx',
    }),
    { name: 'META-INF/services/java.nio.file.spi.FileSystemProvider', content: 'org.springframework.boot.loader.nio.file.NestedFileSystemProvider' },
    { name: 'org/springframework/boot/loader/launch/JarLauncher.class', content: 'class bytes' },
    { name: 'BOOT-INF/classes/com/acme/Billing.class', content: classes },
    { name: 'BOOT-INF/classes/application.properties', content: 'a=b\n' },
    { name: 'BOOT-INF/classes/camel/invoices.yaml', content: '- route: {}\n' },
    library('zlib-1.0.jar', [{ name: 'z/Z.class', content: 'z' }]),
    library('camel-api-4.18.0.jar', [{ name: 'META-INF/services/org/apache/camel/component/direct', content: 'class=x' }]),
    library('ours-1.0-SNAPSHOT.jar', [{ name: 'o/O.class', content: 'o' }]),
    { name: 'BOOT-INF/classpath.idx', content: '- "BOOT-INF/lib/zlib-1.0.jar"\n- "BOOT-INF/lib/ours-1.0-SNAPSHOT.jar"\n- "BOOT-INF/lib/camel-api-4.18.0.jar"\n' },
    { name: 'BOOT-INF/layers.idx', content: layersIndex },
  ];
}
